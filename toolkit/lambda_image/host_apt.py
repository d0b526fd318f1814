"""How apt is configured on this machine, as far as a build needs it: the mirror, the proxy."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lambda_image.catalog.models import Bootstrap

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """Where this machine gets Debian's packages."""

    main: str
    security: str | None

    def mirrored(self, address: Callable[[str], str]) -> Mirror:
        """The same with the mirrors' mirrors."""
        return Mirror(main=address(self.main), security=address(self.security) if self.security else None)

    def _repositories(self, bootstrap: Bootstrap) -> list[tuple[str, tuple[str, ...]]]:
        repositories = [(self.main, bootstrap.suites)]
        if self.security and bootstrap.security_suite:
            repositories.append((self.security, (bootstrap.security_suite,)))
        return repositories

    def deb822(self, bootstrap: Bootstrap) -> str:
        """Package sources of a release on this mirror, in the form of debian.sources."""
        components = " ".join(bootstrap.components)
        return "\n".join(
            f"Types: deb\nURIs: {uri}\nSuites: {' '.join(suites)}\nComponents: {components}\nSigned-By: {_KEYRING}\n"
            for uri, suites in self._repositories(bootstrap)
        )

    def one_line(self, bootstrap: Bootstrap) -> str:
        """The same in the form of sources.list, which mmdebstrap takes."""
        components = " ".join(bootstrap.components)
        return "".join(
            f"deb {uri} {suite} {components}\n" for uri, suites in self._repositories(bootstrap) for suite in suites
        )


@cache
def mirror() -> Mirror | None:
    """This machine's Debian mirror; None where the machine is no Debian."""
    if not _is_debian():
        return None
    listed = _output("apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(RELEASE)", "Created-By: Packages")
    rows = [line.split() for line in listed.splitlines()]
    debian = [(row[0].rstrip("/"), row[2]) for row in rows if len(row) == 3 and row[1] == "Debian"]
    main = next((uri for uri, suite in debian if "-" not in suite and "/" not in suite), None)
    security = next((uri for uri, suite in debian if suite.endswith(("-security", "/updates"))), None)
    return Mirror(main=main, security=security) if main else None


def configuration(cert: str | None) -> str:
    """An apt.conf for the inside of a build."""
    lines = ['Acquire::Retries "3";']
    if cert:
        lines.append(f'Acquire::https::CaInfo "{cert}";')
    names = ("Acquire::http::Proxy", "Acquire::https::Proxy")
    lines += [f'{name} "{proxy}";' for name in names if (proxy := _setting(name))]
    return "\n".join([*lines, ""])


def _setting(name: str) -> str:
    value = _output("apt-config", "shell", "value", name).strip()
    return value.removeprefix("value=").strip("'")


def _is_debian() -> bool:
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return False
    return any(line.strip() in ("ID=debian", 'ID="debian"') for line in text.splitlines())


def _output(*command: str) -> str:
    """What a program says; nothing where it is not there or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
