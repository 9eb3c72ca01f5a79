"""A random order for the tests, which depends only on a seed."""

import random
from collections import defaultdict
from collections.abc import Sequence

import pytest

from tests.support.order import file_of


def shuffled(items: Sequence[pytest.Item], seed: str) -> list[pytest.Item]:
    """Shuffle the files, and the tests within each file. A file's tests stay together."""
    chance = random.Random(seed)
    files: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        files[file_of(item)].append(item)
    names = sorted(files)
    chance.shuffle(names)
    for name in names:
        chance.shuffle(files[name])
    return [item for name in names for item in files[name]]
