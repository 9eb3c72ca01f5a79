"""`python -m bench.graph_stub PORT LATENCY`: a simulated Graph in which nothing ever happens, in a separate process.

It needs little processor time, so that the figures show the cost of the product.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from aiohttp import web


async def serve(port: int, latency: float) -> None:
    """Listen until cancelled."""

    async def answer(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(latency)
        if "subscriptions" in request.path:
            expires = (datetime.now(UTC) + timedelta(days=6)).isoformat()
            return web.json_response({"id": str(uuid4()), "expirationDateTime": expires}, status=201)
        link = f"http://127.0.0.1:{port}{request.path}?$deltatoken={uuid4().hex}"
        return web.json_response({"value": [], "@odata.deltaLink": link})

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("listens", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
