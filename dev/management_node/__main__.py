"""`python -m dev.management_node`: runs the simulated Management Node on NODE_PORT (7073) until Ctrl-C is pressed."""

import asyncio
import os
from contextlib import suppress

from dev.management_node.app import running_node


async def main() -> None:
    """Run the server."""
    async with running_node(port=int(os.environ.get("NODE_PORT", "7073"))) as running:
        print(f"simulated Management Node is listening on {running.base_url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
