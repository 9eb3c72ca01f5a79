"""A software bill of materials (CycloneDX 1.6) for a built package, read from the package itself."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NODE_LOCK = ROOT / "dev" / "node" / "package-lock.json"
SERVED = {"node_modules/@azure/msal-browser": "addin/vendor/msal-browser.min.js"}
"""The npm packages with files in the built package, as path in the lock file → file."""


def bill(package: Path, version: str) -> dict[str, Any]:
    """The bill of materials for a zip built by infra/package.py. Its content depends only on the package."""
    with zipfile.ZipFile(package) as archive:
        components = [*_python(archive), *_javascript(archive)]
    product = {
        "type": "application",
        "bom-ref": "product",
        "name": "vmr-scheduling-for-exchange",
        "version": version,
        "licenses": [{"expression": "Apache-2.0"}],
        "hashes": [_sha256(package.read_bytes())],
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product},
        "components": components,
        "dependencies": [{"ref": "product", "dependsOn": [each["bom-ref"] for each in components]}],
    }


def _python(archive: zipfile.ZipFile) -> Iterator[dict[str, Any]]:
    for name in sorted(archive.namelist()):
        if name.endswith(".dist-info/METADATA"):
            text = archive.read(name).decode()
            headers = HeaderParser().parsestr(text)
            label = str(headers["Name"]).lower().replace("_", "-").replace(".", "-")
            licence = headers["License-Expression"] or headers["License"]
            yield _component(label, str(headers["Version"]), "pypi", str(licence or "")) | {
                "hashes": [_sha256(text.encode())]
            }


def _javascript(archive: zipfile.ZipFile) -> Iterator[dict[str, Any]]:
    locked = json.loads(NODE_LOCK.read_text())["packages"]
    for place, file in SERVED.items():
        entry = locked[place]
        label = place.removeprefix("node_modules/")
        yield _component(label, entry["version"], "npm", entry["license"]) | {"hashes": [_sha256(archive.read(file))]}


def _component(name: str, version: str, kind: str, licence: str) -> dict[str, Any]:
    purl = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    said = {"licenses": [{"license": {"name": licence.splitlines()[0][:200]}}]} if licence.strip() else {}
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl} | said


def _sha256(content: bytes) -> dict[str, str]:
    return {"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}


def write(package: Path, version: str, target: Path) -> None:
    """Write a package's bill of materials as JSON."""
    target.write_text(json.dumps(bill(package, version), indent=2) + "\n")
