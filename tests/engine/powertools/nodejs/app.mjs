// Powertools for AWS Lambda (TypeScript) as its guide shows it: one function, and what each utility is for.

import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { Router } from "@aws-lambda-powertools/event-handler/http";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { Tracer } from "@aws-lambda-powertools/tracer";

const logger = new Logger({ serviceName: "shop" });
const tracer = new Tracer({ serviceName: "shop" });
const metrics = new Metrics({ namespace: "shops", serviceName: "shop" });
const batch = new BatchProcessor(EventType.SQS);
const http = new Router();

http.get("/items/:item", async ({ params }) => ({ item: params.item }));

async function sold(record) {
  if (record.body.includes("bad")) throw new Error("a bad record");
}

export const handler = async (event, context) => {
  logger.addContext(context);
  if (event.Records) return processPartialResponse(event, sold, batch, { context });
  if (event.requestContext) return http.resolve(event, context);
  tracer.annotateColdStart();
  logger.info("sold", { item: event.item });
  metrics.captureColdStartMetric(context.functionName);
  metrics.addMetric("Sold", MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
  return { item: event.item, count: event.count };
};
