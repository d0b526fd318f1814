"""A Flask application, behind each of the adapters that make a handler of one."""

import apig_wsgi
import awsgi
import serverless_wsgi
from flask import Flask, Response, request

app = Flask(__name__)
CONTEXTS = ("serverless.context", "awsgi.context", "apig_wsgi.context")


@app.route("/items/<name>", methods=["POST"])
def item(name):
    app.logger.warning("asked for %s", name)
    (context,) = filter(None, map(request.environ.get, CONTEXTS))
    return [name, request.args["q"], request.get_data(as_text=True), context.aws_request_id], 201


@app.route("/picture")
def picture():
    return Response(b"\x00\xff", content_type="image/png")


@app.route("/fail")
def fail():
    raise ValueError("broken")


def serverless(event, context):
    return serverless_wsgi.handle_request(app, event, context)


def aws(event, context):
    return awsgi.response(app, event, context, base64_content_types={"image/png"})


apig = apig_wsgi.make_lambda_handler(app, binary_support=True)
