"""Run many random histories to completion, and count those that fail:

    python -m tests.integration.meetings.many_histories graph 10000 [--seed 7] [--only 123]

`node` compares rooms on a Management Node with rooms admitted by policy. The same seed gives the same histories. To use
several cores, start several processes with different seeds. `--only` reruns one history by its number.
"""

import argparse
import asyncio
import logging
import sys
import time
import warnings
from random import Random

import pytest

from dev.harness.integration import By
from shared.mailboxes.graph.client import RetryReads
from tests.integration.meetings.histories import check, check_on_node, random_history, random_variants


def main() -> int:
    """Run the number of histories given on the command line. The exit status is 1 if any failed, and otherwise 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("by", choices=["graph", "ews", "node"])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    asked = parser.parse_args()
    by, on_node = By.EWS if asked.by == "ews" else By.GRAPH, asked.by == "node"
    logging.disable(logging.CRITICAL)
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # the HTTP client looks for it at every call
    warnings.simplefilter("ignore")
    failed, since = 0, time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RetryReads, "get_delay_time", lambda *_: 0.0)  # as in the tests
        numbers = range(asked.count) if asked.only is None else [asked.only]
        for done, number in enumerate(numbers, 1):
            failed += not succeeds(by, asked.seed, number, on_node=on_node)
            if done % 50 == 0 or done == len(numbers):
                pace = (time.monotonic() - since) / done
                say(f"{done} histories ({asked.by}, seed {asked.seed}): {failed} failed, {pace:.3f} s each")
    return 1 if failed else 0


def succeeds(by: By, seed: int, number: int, *, on_node: bool = False) -> bool:
    """Run one history, print it if it fails, and return whether it succeeded."""
    chance = Random(f"{seed} {number}")
    history = random_history(chance, by)
    varied = random_variants(chance, by)
    try:
        if on_node:
            asyncio.run(check_on_node(history, varied=varied))
        else:
            asyncio.run(check(history, by, renews=by is By.EWS and chance.random() < 0.5, varied=varied))
    except Exception as error:
        say(f"FAILED {number} ({type(error).__name__}: {str(error)[:600]})\n  {history} {varied}")
        return False
    return True


def say(text: str) -> None:
    """Print a line without buffering, even to a file."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
