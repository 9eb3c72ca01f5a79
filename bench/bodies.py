"""The search for tags in message bodies, which come from untrusted senders: processor time and memory in the worst
case.
"""

import random
import sys
import time
import tracemalloc

from bench.result import Result
from shared.aliases.body_search import find_marks

SIZE = 4_000_000
"""The size in bytes of a body that Graph and Exchange may deliver for a meeting with pictures."""

TAG = "550e8400-e29b-41d4-a716-446655440000"
_PARTS = ("P", "X", "PXPS", "&#80;", "&#0", "%25", "%", "<", ">", "<b>", "\u200b", "=\r\n", "&amp", "%50", "=3D", "TOK")


def measure() -> list[Result]:
    """Find the worst of a dozen bodies. Each is measured after a warm-up search."""
    find_marks(f"PXPS:-{TAG}")
    seconds = {name: _seconds(body) for name, body in bodies().items()}
    memory = {name: _memory(body) for name, body in bodies().items()}
    slowest, largest = max(seconds, key=seconds.__getitem__), max(memory, key=memory.__getitem__)
    return [
        Result(
            "search for tags in the worst body of 4 MB",
            1000 * seconds[slowest],
            "ms of processor time",
            100,
            note=slowest,
        ),
        Result("memory for the search in the worst body", memory[largest], "× the body", 2, note=largest),
    ]


def bodies() -> dict[str, str]:
    """Bodies that are designed to slow the search down, keyed by name."""
    chosen = random.Random(1)  # noqa: S311  # the same bodies in each run
    return {
        "plain text": "Dear all, <p>see you on Monday.</p>\r\n" * (SIZE // 37),
        "one letter": "P" * SIZE,
        "entities": "&#80;&amp;" * (SIZE // 10),
        "percents": "%25" * (SIZE // 3),
        "soft line breaks": "=\r\n" * (SIZE // 3),
        "nested markup": "<div><a " * (SIZE // 8),
        "beginnings": "PXPS:-" * (SIZE // 6),
        "the same tag": f"PXPS:-{TAG}#" * (SIZE // 43),
        "near-tags, encoded in layers": f"PXPS:%252525-2525%2D{TAG[:-1]}g" * (SIZE // 55),
        "full-width": "\uff30" * (SIZE // 2),
        "emoji": "\U0001f600" * (SIZE // 4),
        "parts of tags": "".join(chosen.choices(_PARTS, k=SIZE // 3)),
    }


def _seconds(body: str) -> float:
    start = time.process_time()
    find_marks(body)
    return time.process_time() - start


def _memory(body: str) -> float:
    tracemalloc.start()
    find_marks(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / sys.getsizeof(body)
