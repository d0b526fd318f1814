"""How a sandbox reaches its Runtime API: gateway, join or relay, chosen once, with the same results."""

from lambda_image.route.choose import choose, probe
from lambda_image.route.endpoint import HOST, Endpoint, Kind, Proof, Route

__all__ = ["HOST", "Endpoint", "Kind", "Proof", "Route", "choose", "probe"]
