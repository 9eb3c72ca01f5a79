"""Bytes that a browser has to fetch before the pane is there."""

from bench.cold_import import ROOT
from bench.result import Result
from shared.addin.bundle import load

LIMIT = 60 * 1024  # bytes


def measure() -> list[Result]:
    """The pane's own files, as they are and as they go over the wire; Microsoft's libraries apart."""
    addin = ROOT / "addin"
    own = [addin / "pane.html", addin / "pane.css", *addin.glob("src/*.js")]
    size = sum(path.stat().st_size for path in own)
    vendor = {path.name for path in addin.glob("vendor/*.js")}
    assets = load(addin).assets
    wire = {name: len(asset.gzipped) for name, asset in assets.items()}
    theirs = sum(length for name, length in wire.items() if name.partition("-")[2] in vendor)
    return [
        Result("the pane's own files", size / 1024, "KiB", LIMIT / 1024),
        Result("the pane's own files, compressed", (sum(wire.values()) - theirs) / 1024, "KiB"),
        Result("MSAL, where an integration signs in with it", theirs / 1024, "KiB", note="compressed"),
    ]
