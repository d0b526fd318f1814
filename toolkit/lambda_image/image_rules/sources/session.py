"""HTTP to one repository of a registry: https (http for this machine's own), and who is asking.

A registry says with 401 what it wants: Basic (ECR) or a bearer token from a server that it names (the
distribution-spec's token authentication). Credentials go to the registry and to that server, over https or to
this machine, and to nobody that they redirect to.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from lambda_image.errors import RegistryError
from lambda_image.image_rules.model import DocumentError, parse_json, text
from lambda_image.image_rules.sources.credentials import Credentials, credentials_for

if TYPE_CHECKING:
    import requests

_TIMEOUT = (10, 60)
_LARGEST_TOKEN = 1 << 20
_PARAMETER = re.compile(r'([A-Za-z]+)="([^"]*)"')


def is_local(host: str) -> bool:
    """This machine itself, where a registry may speak http."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Answer:
    """A response whose body is still to come."""

    def __init__(self, response: requests.Response, asked: str) -> None:
        self._response = response
        self._asked = asked
        self.status = response.status_code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connection back."""
        self._response.close()

    def header(self, name: str) -> str:
        """One header, or ""."""
        return str(self._response.headers.get(name, ""))

    def pieces(self) -> Iterator[bytes]:
        """The body as it is sent: blobs have the digest of these bytes."""
        import requests
        from urllib3.exceptions import HTTPError

        try:
            yield from self._response.raw.stream(1 << 20, decode_content=False)
        except (HTTPError, requests.RequestException, OSError) as error:
            raise RegistryError(f"{self._asked}: the connection broke: {error}") from None

    def bounded(self, largest: int) -> bytes:
        """The whole body, if it is not too large."""
        content = b""
        for piece in self.pieces():
            content += piece
            if len(content) > largest:
                raise DocumentError(f"{self._asked} is larger than {largest:,} bytes")
        return content


class Session:
    """One repository at one registry. A context manager."""

    def __init__(self, registry: str, host: str, repository: str) -> None:
        self._registry = registry
        self._host = host
        self._repository = repository
        self._authorization = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    @cached_property
    def _http(self) -> requests.Session:
        import requests

        session = requests.Session()
        # Otherwise requests takes a name and password from ~/.netrc.
        session.auth = lambda request: request
        session.max_redirects = 5
        session.headers["User-Agent"] = "lambda-image"
        return session

    @cached_property
    def _base(self) -> str:
        """https, and http for this machine where nothing speaks TLS."""
        if not is_local(self._host):
            return f"https://{self._host}"
        import requests

        try:
            self._http.get(f"https://{self._host}/v2/", timeout=_TIMEOUT, allow_redirects=False, stream=True).close()
        except requests.RequestException:
            return f"http://{self._host}"
        return f"https://{self._host}"

    @cached_property
    def _credentials(self) -> Credentials | None:
        return credentials_for(self._registry)

    def get(self, path: str, *, accept: str = "*/*") -> Answer:
        """What is below the repository; 404 is an answer, every other refusal an error."""
        url = f"{self._base}/v2/{self._repository}/{path}"
        answer = self._send(url, accept)
        if answer.status == 401:
            challenge = answer.header("WWW-Authenticate")
            answer.close()
            self._authorization = self._authorized(challenge)
            answer = self._send(url, accept)
        if answer.status in (401, 403):
            answer.close()
            raise RegistryError(
                f"{self._registry} does not let you read {self._repository} (status {answer.status})",
                hint=f"`docker login {self._registry}` with a name that may; ECR's tokens end after 12 hours.",
            )
        if answer.status not in (200, 404):
            answer.close()
            raise RegistryError(f"{self._registry} answered {path} of {self._repository} with status {answer.status}")
        return answer

    def _send(self, url: str, accept: str) -> Answer:
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        if self._authorization:
            headers["Authorization"] = self._authorization
        return Answer(self._request(url, headers=headers), url)

    def _request(
        self,
        url: str,
        *,
        headers: dict[str, str],
        params: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
    ) -> requests.Response:
        import requests

        try:
            return self._http.request(
                "POST" if form else "GET", url, headers=headers, params=params, data=form, stream=True, timeout=_TIMEOUT
            )
        except requests.RequestException as error:
            raise RegistryError(
                f"{self._registry} does not answer: {_reason(error)}", hint="Look at its name, the network and proxies."
            ) from None

    # Who is asking

    def _authorized(self, challenge: str) -> str:
        scheme, _, rest = challenge.partition(" ")
        known = self._credentials
        if scheme.lower() == "basic" and known and known.user:
            return _basic(known)
        if scheme.lower() == "bearer":
            return f"Bearer {self._token(dict(_PARAMETER.findall(rest)))}"
        return ""

    def _token(self, asked: dict[str, str]) -> str:
        realm = asked.get("realm", "")
        parts = urlsplit(realm)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_local(parts.netloc)):
            raise RegistryError(f"{self._registry} sends for a token to {realm!r}, which is not https")
        params = {"service": asked.get("service", ""), "scope": f"repository:{self._repository}:pull"}
        known = self._credentials
        if known and known.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": known.identity_token, "client_id": "lambda-image"}
            response = self._request(realm, headers={}, form={**params, **form})
        else:
            headers = {"Authorization": _basic(known)} if known and known.user else {}
            response = self._request(realm, headers=headers, params=params)
        return self._token_in(Answer(response, realm))

    def _token_in(self, answer: Answer) -> str:
        with answer:
            try:
                document = parse_json(answer.bounded(_LARGEST_TOKEN)) if answer.status == 200 else {}
            except DocumentError as error:
                raise RegistryError(f"{self._registry}: its token server's answer is {error}") from None
        token = text(document.get("token")) or text(document.get("access_token"))
        if not token or not token.isprintable():
            raise RegistryError(
                f"{self._registry} gives no token for {self._repository} (status {answer.status})",
                hint=f"`docker login {self._registry}` first.",
            )
        return token


def _basic(known: Credentials) -> str:
    import requests

    request = requests.Request(
        "GET", "http://localhost/", auth=(known.user.encode(), known.password.encode())
    ).prepare()
    return request.headers["Authorization"]


def _reason(error: Exception) -> str:
    """The innermost words: requests wraps urllib3, which wraps the system's."""
    found = re.search(r"\[Errno -?\d+\] ([^'\"()<>]+)", str(error))
    return found[1].strip() if found else str(error)[:300]
