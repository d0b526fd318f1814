"""Whether the package registries that this machine is configured for can be reached, by one real request each.

No registry is named here: pip and apt say which they use, through which proxy and with which certificates.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lambda_image.doctor.check import Check, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT = 5
_CA_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def bundle() -> tuple[str, Path | None]:
    """The certificates that are configured, and by what; else the system's."""
    for variable in _CA_VARIABLES:
        if value := os.environ.get(variable):
            return variable, Path(value)
    default = ssl.get_default_verify_paths().cafile
    return "the system's store", Path(default) if default else None


def context(file: Path | None) -> ssl.SSLContext:
    """For clients; raises OSError or SSLError if the file is not what it should be."""
    return ssl.create_default_context(cafile=str(file) if file else None)


def pip_index() -> Check:
    """The index that pip or uv is configured for, else pip's own default."""
    address, source = _configured_index()
    if address is None:
        return Check(name="pip index", status="warn", found="not checked: neither pip nor UV names an index")
    return _reach("pip index", address, source)


def _configured_index() -> tuple[str | None, str]:
    for variable in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if value := os.environ.get(variable):
            return value, variable
    for program in ([sys.executable, "-m", "pip"], ["pip"], ["pip3"]):
        try:
            listed = _output(*program, "config", "list")
        except OSError:
            continue
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.endswith(".index-url") and name != ":env:.index-url":
                return value.strip("'\""), f"pip config, {name}"
        # pip's own default, asked of pip instead of being written here.
        if default := _default_index(program):
            return default, "pip's default"
    return None, ""


def _default_index(program: list[str]) -> str | None:
    code = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    python = program[0] if program[0] == sys.executable else "python3"
    return _output(python, "-c", code).strip() or None


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout


def apt_sources() -> Iterator[Check]:
    """Each source that apt has; nothing on a machine without apt."""
    if shutil.which("apt-get") is None:
        return
    listed = _output("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
    found = sorted({line for line in listed.splitlines() if line.startswith("http")})
    if not found:
        yield Check(name="apt source", status="warn", found="not checked: apt names no source on the web")
    for address in found:
        yield guarded("apt source", partial(_reach, "apt source", address, "apt"))


def _reach(name: str, address: str, source: str) -> Check:
    """One real request, through the configured proxy and with the configured certificates."""
    shown = _without_password(address)
    if not address.startswith(("http://", "https://")):
        return Check(name=name, status="warn", found=f"not checked: {shown} ({source}) is not on the web")
    request = urllib.request.Request(address, method="HEAD")  # noqa: S310 - checked just above
    handler = urllib.request.HTTPSHandler(context=context(bundle()[1]))
    proxy = urllib.request.getproxies().get(urlsplit(address).scheme)
    by = f" through {_without_password(proxy)}" if proxy else ""
    try:
        with urllib.request.build_opener(handler).open(request, timeout=_TIMEOUT) as response:
            return Check(name=name, status="ok", found=f"{shown} ({source}){by} answers {response.status}")
    except urllib.error.HTTPError as error:
        error.close()
        # A server that says no to a bare folder is a server that is reached; a proxy's 407 is not.
        if error.code in (401, 403, 404, 405):
            return Check(name=name, status="ok", found=f"{shown} ({source}){by} answers {error.code}")
        found = f"{shown} ({source}){by} answers {error.code}"
        return Check(name=name, status="fail", found=found, advice=_proxy())
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Check(name=name, status="fail", found=f"{shown} ({source}){by}: {reason}", advice=_advice(reason))


def _advice(reason: object) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "Behind a company's proxy its certificate must be in the bundle that SSL_CERT_FILE names."
    if isinstance(reason, socket.gaierror):
        return f"The name does not resolve. {_proxy()}"
    return _proxy()


def _proxy() -> str:
    return "If a proxy leads there, HTTP_PROXY, HTTPS_PROXY and NO_PROXY must say so."


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    if parts.password is None and parts.username is None:
        return address
    host = parts.hostname or ""
    return parts._replace(netloc=f"***@{host}:{parts.port}" if parts.port else f"***@{host}").geturl()
