"""Powertools for AWS Lambda (Python) as its guide shows it: one function, and what each utility is for."""

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="shop")
tracer = Tracer(service="shop")
metrics = Metrics(namespace="shops", service="shop")
http = APIGatewayHttpResolver()
batch = BatchProcessor(event_type=EventType.SQS)


class Order(BaseModel):
    item: str
    count: int


@http.get("/items/<item>")
def item_of(item: str) -> dict[str, str]:
    return {"item": item, "id": http.lambda_context.aws_request_id}


@tracer.capture_method
def sold(record: object) -> None:
    if "bad" in str(record):
        raise ValueError("a bad record")


@event_parser(model=Order)
def ordered(event: Order, context: LambdaContext) -> dict[str, object]:
    return {"item": event.item, "count": event.count}


@logger.inject_lambda_context(log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@tracer.capture_lambda_handler
def handler(event: dict, context: LambdaContext) -> object:
    if "Records" in event:
        return process_partial_response(event, sold, batch, context)
    if "requestContext" in event:
        return http.resolve(event, context)
    logger.info("sold", item=event["item"])
    metrics.add_metric(name="Sold", unit=MetricUnit.Count, value=1)
    return ordered(event, context)
