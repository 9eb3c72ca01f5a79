"""The two routes out of a deployment: through its web proxy (HTTPS_PROXY), or directly (E5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.integrations import Integration

Part = TypeVar("Part")
Made = TypeVar("Made")


@dataclass(frozen=True)
class ProxyRoutes(Generic[Part]):
    """Two instances of a part, one per route: what was fetched by one route is never used for the other."""

    proxied: Part
    direct: Part

    def of(self, integration: Integration) -> Part:
        """The one that an integration's settings choose."""
        return self.direct if integration.disable_proxy else self.proxied

    def each(self, make: Callable[[Part], Made]) -> ProxyRoutes[Made]:
        """What is built on each of them."""
        return ProxyRoutes(make(self.proxied), make(self.direct))
