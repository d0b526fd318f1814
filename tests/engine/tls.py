"""A company's certificate authority, and servers whose certificates it signed."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

GREETING = b"trusted"


class Authority:
    """Keys and certificates, made in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
            *("-subj", f"/CN={name}", "-keyout", self._file("key"), "-out", self._file("pem")),
            *("-addext", "keyUsage=critical,keyCertSign"),
        )

    @property
    def certificate(self) -> bytes:
        """What trusts it."""
        return self._file("pem").read_bytes()

    def _file(self, kind: str) -> Path:
        return self.folder / f"{self.name}.{kind}"

    @contextmanager
    def serving(self, address: str, handler: type[BaseHTTPRequestHandler] | None = None) -> Iterator[str]:
        """The URL of a server at that address of this machine, with a certificate for it; it answers GREETING, or what
        the handler does."""
        key, request, signed, names = (self._file(f"server.{kind}") for kind in ("key", "csr", "pem", "ext"))
        names.write_text(f"subjectAltName=IP:{address}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=server"),
            *("-keyout", key, "-out", request),
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self._file("pem"), "-CAkey", self._file("key"), "-days", "2"),
            *("-CAcreateserial", "-extfile", names, "-out", signed),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(signed, key)
        with ThreadingHTTPServer((address, 0), handler or _Greeter) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"https://{address}:{server.server_port}/"
            finally:
                server.shutdown()
                thread.join()


class _Greeter(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(GREETING)))
        self.end_headers()
        self.wfile.write(GREETING)

    def log_message(self, *_: object) -> None:
        pass


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)
