"""`python -m dev.exchange`: runs the simulated Exchange until Ctrl-C is pressed. Reads the environment variables
EXCHANGE_PORT, FUNCTIONS_URL, NODE_URL and ADDIN_AUDIENCE.
"""

import asyncio
import os
from contextlib import suppress
from urllib.parse import urlsplit

from dev.exchange.app import running_exchange
from dev.exchange.state import Settings


async def main() -> None:
    """Run the server; after `POST /dev/restart`, run a new one at the same address."""
    settings = Settings(
        functions_url=os.environ.get("FUNCTIONS_URL", "").rstrip("/"),
        node_url=os.environ.get("NODE_URL", "").rstrip("/"),
        addin_audience=os.environ.get("ADDIN_AUDIENCE", ""),
    )
    port = int(os.environ.get("EXCHANGE_PORT", "7072"))
    while True:
        async with running_exchange(settings, port) as running:
            print(f"simulated Exchange is listening on {running.base_url}", flush=True)
            port = urlsplit(running.base_url).port or port
            await running.exchange.is_over.wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
