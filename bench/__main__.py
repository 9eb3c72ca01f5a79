"""`python -m bench`: runs all measurements, prints them, and saves them in results.json. The exit code is 1 if a budget
is exceeded.
"""

import argparse
import asyncio
import inspect
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench import (
    allocation,
    bodies,
    burst,
    cold_import,
    cost,
    fairness,
    hostile,
    idle,
    idle_day,
    lists,
    meeting,
    memory,
    node,
    package,
    pane,
    partitions,
    policy,
    quiet,
    rounds,
    sizes,
    throughput,
    webhook,
)
from bench.result import Result, table, write

Measurement = Callable[[], list[Result] | Awaitable[list[Result]]]

ALWAYS: dict[str, Measurement] = {
    "import": cold_import.measure,
    "sizes": sizes.measure,
    "pane": pane.measure,
    "allocation": allocation.measure,
    "policy": policy.measure,
    "bodies": bodies.measure,
    "meeting": meeting.measure,
    "idle": idle.measure,
    "idle_day": idle_day.measure,
    "cost": cost.measure,
    "partitions": partitions.measure,
    "lists": lists.measure,
    "throughput": throughput.measure,
    "webhook": webhook.measure,
    "memory": memory.measure,
}
LONG: dict[str, Measurement] = {
    "package": package.measure,
    "burst": burst.measure,
    "fairness": fairness.measure,
    "hostile": hostile.measure,
    "node": node.measure,
    "rounds": rounds.measure,
    "lists": lists.measure_long,
}
"""The additional measurements made with `--long`. In that case `lists` also uses more rows."""

RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Compare the product with its budgets.")
    parser.add_argument("--long", action="store_true", help="also measure the package and large bursts (takes minutes)")
    parser.add_argument(
        "--only",
        action="append",
        choices=list(ALWAYS | LONG),
        help="run only this measurement (may be repeated); nothing is saved",
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    chosen = ALWAYS | (LONG if arguments.long else {})
    if arguments.only:
        known = ALWAYS | LONG if arguments.long else LONG | ALWAYS
        chosen = {name: known[name] for name in arguments.only}
    results = [quiet.others(), *asyncio.run(_run(chosen))]
    print(table(results))
    if not arguments.only:
        write(results, RESULTS)
    sys.exit(any(not result.passed for result in results))


async def _run(chosen: dict[str, Measurement]) -> list[Result]:
    results: list[Result] = []
    for name, measurement in chosen.items():
        start = time.monotonic()
        found = measurement()
        results += await found if inspect.isawaitable(found) else found
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return results


if __name__ == "__main__":
    main()
