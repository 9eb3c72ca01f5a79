"""The number of bytes that a browser has to download before the pane is ready."""

import gzip

from bench.cold_import import ROOT
from bench.result import Result
from shared.addin.bundle import load

OWN_FILES_MAX_BYTES = 40 * 1024
"""The maximum size over the wire, which leaves a third of the 60 KB in bench/pane.py for everything else."""


def measure() -> list[Result]:
    """The pane's own files, uncompressed and as sent over the wire; Microsoft's libraries are listed separately."""
    addin = ROOT / "addin"
    bundle = load(addin)
    assets = {name.partition("-")[2]: asset for name, asset in bundle.assets.items()}
    own = [assets[path.name] for path in (*addin.glob("*.css"), *addin.glob("src/*.js"))]
    size = len(bundle.page.encode()) + sum(len(asset.body) for asset in own)
    compressed = len(gzip.compress(bundle.page.encode())) + sum(len(asset.gzipped) for asset in own)
    libraries = sum(len(assets[path.name].gzipped) for path in addin.glob("vendor/*.js"))
    return [
        Result("the pane's own files, uncompressed", size / 1024, "KiB"),
        Result("the pane's own files over the wire, compressed", compressed / 1024, "KiB", OWN_FILES_MAX_BYTES / 1024),
        Result("libraries over the wire, if a sign-in needs them", libraries / 1024, "KiB"),
    ]
