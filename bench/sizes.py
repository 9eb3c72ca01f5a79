"""Bytes that a browser has to fetch before the pane is there."""

import gzip

from bench.cold_import import ROOT
from bench.result import Result
from shared.addin.bundle import load

LIMIT = 60 * 1024  # bytes


def measure() -> list[Result]:
    """The pane's own files, as they are and as they go over the wire; Microsoft's libraries apart."""
    addin = ROOT / "addin"
    own = [addin / "pane.html", *addin.glob("*.css"), *addin.glob("src/*.js")]
    size = sum(path.stat().st_size for path in own)
    bundle = load(addin)
    wire = {name.partition("-")[2]: len(asset.gzipped) for name, asset in bundle.assets.items()}
    compressed = len(gzip.compress(bundle.page.encode())) + sum(wire[path.name] for path in own[1:])
    libraries = sum(wire[path.name] for path in addin.glob("vendor/*.js"))
    return [
        Result("the pane's own files", size / 1024, "KiB", LIMIT / 1024, note="comments included"),
        Result("the pane's own files over the wire", compressed / 1024, "KiB"),
        Result("libraries over the wire, where a sign-in needs them", libraries / 1024, "KiB"),
    ]
