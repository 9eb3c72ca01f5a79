"""The two ways out of a deployment: through its web proxy (HTTPS_PROXY), and past it (E5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.integrations import Integration

Part = TypeVar("Part")
Made = TypeVar("Made")


@dataclass(frozen=True)
class ProxyRoutes(Generic[Part]):
    """The same part of the product twice, one for each way out: what came one way never serves the other."""

    proxied: Part
    direct: Part

    def of(self, integration: Integration) -> Part:
        """The one that an integration's settings choose."""
        return self.direct if integration.disable_proxy else self.proxied

    def each(self, make: Callable[[Part], Made]) -> ProxyRoutes[Made]:
        """What stands on each of them."""
        return ProxyRoutes(make(self.proxied), make(self.direct))
