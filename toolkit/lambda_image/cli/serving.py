"""`test-server`: a Runtime API for a runtime under development."""

from __future__ import annotations

from typing import Annotated

import typer


def serve_runtime_api(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port of the Runtime API; 0 takes a free one.")] = 9001,
    invoke_port: Annotated[
        int, typer.Option("--invoke-port", help="Port of the Invoke API; 0 takes a free one.")
    ] = 9000,
) -> None:
    """Serve a Runtime API for a runtime under development, and Lambda's Invoke API to call it."""
    from lambda_image.test_server import serve

    serve(host, port, invoke_port, say=lambda line: typer.echo(line))
