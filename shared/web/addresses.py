"""The addresses of an integration's add-in: the URLs used in the manifest, the task pane and identity tokens."""

from dataclasses import dataclass

from shared.integrations import Integration
from shared.settings import is_loopback
from shared.web.icons import GREY, fingerprint


@dataclass(frozen=True)
class Addresses:
    """The add-in's URLs. Users reach it at the integration's add-in server or, on a local stack, at
    `public_base_url`.
    """

    public_base_url: str

    def origin(self, integration: Integration) -> str:
        """Scheme and host of everything the add-in loads from us."""
        if is_loopback(self.public_base_url):
            return self.public_base_url
        return f"https://{integration.addin_server_domain}"

    def pane(self, integration: Integration) -> str:
        """The task pane's URL in the manifest, which is the audience of Exchange identity tokens."""
        return f"{self._root(integration)}/pane"

    def commands(self, integration: Integration) -> str:
        """The URL of the page in which Outlook runs commands without a task pane."""
        return f"{self._root(integration)}/commands"

    def launch(self, integration: Integration) -> str:
        """The URL of the event script, for Outlook clients that run it without a page."""
        return f"{self._root(integration)}/launch.js"

    def icon(self, integration: Integration, size: int, *, grey: bool = False) -> str:
        """The URL of the icon in the given size. A new icon gets a new URL, because Outlook never requests the same URL
        twice.
        """
        return f"{self._root(integration)}/icon-{size}-{fingerprint(integration)}{f'-{GREY}' if grey else ''}.png"

    def _root(self, integration: Integration) -> str:
        return f"{self.origin(integration)}/addin/{integration.uuid}"
