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
    """Two instances of a part, one per route, so that results from one route are never used for the other."""

    proxied: Part
    direct: Part

    def of(self, integration: Integration) -> Part:
        """The instance selected by an integration's settings."""
        return self.direct if integration.disable_proxy else self.proxied

    def each(self, make: Callable[[Part], Made]) -> ProxyRoutes[Made]:
        """The results of `make` for both instances."""
        return ProxyRoutes(make(self.proxied), make(self.direct))
