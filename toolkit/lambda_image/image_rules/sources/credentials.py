"""Who one is to a registry: as the docker program is, by its configuration and credential helpers."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambda_image.errors import RegistryError


@dataclass(frozen=True)
class Credentials:
    """A name and password (ECR's are AWS and a token), or an identity token that buys others."""

    user: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)


def credentials_for(registry: str) -> Credentials | None:
    """None where docker would ask without."""
    from docker import auth, errors

    try:
        found = auth.load_config().resolve_authconfig(auth.resolve_index_name(registry))
    except (errors.DockerException, OSError, ValueError) as error:
        raise RegistryError(
            f"docker's credentials for {registry} cannot be had: {error}", hint="Try `docker login` there."
        ) from None
    if not found:
        return None
    return Credentials(
        user=str(found.get("username") or found.get("Username") or ""),
        password=str(found.get("password") or found.get("Password") or ""),
        identity_token=str(found.get("IdentityToken") or ""),
    )
