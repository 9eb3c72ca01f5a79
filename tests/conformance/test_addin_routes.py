"""The add-in's routes as browsers, Outlook and Exchange see them, through Microsoft's worker runtime."""

import json
import re
from io import BytesIO
from typing import Any

import httpx
import pytest
from lxml import etree  # type: ignore[import-untyped]
from PIL import Image

from dev.environment import INTEGRATION

NOWHERE = "22222222-2222-4222-8222-222222222222"
ADDIN = f"/addin/{INTEGRATION}"


async def assets(client: httpx.AsyncClient) -> list[str]:
    page = (await client.get(f"{ADDIN}/pane")).text
    return sorted(set(re.findall(r'(?:href|src)="(/addin/assets/[^"]+)"', page)))


async def test_the_pane_is_served(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{ADDIN}/pane?et=&_host_Info=Outlook$Web$16.01$en-US")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "X-Frame-Options" not in answer.headers
    assert "frame-ancestors https://outlook.office.com" in answer.headers["Content-Security-Policy"]
    [config] = re.findall(r'<script type="application/json" id="config">(.*?)</script>', answer.text, re.DOTALL)
    assert json.loads(config) == (await client.get(f"{ADDIN}/config")).json()


@pytest.mark.parametrize("path", ["commands", "launch.js"])
async def test_commands_are_served_only_if_they_are_enabled(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"{ADDIN}/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_a_second_opening_costs_one_small_request(client: httpx.AsyncClient) -> None:
    etag = (await client.get(f"{ADDIN}/pane")).headers["ETag"]
    answer = await client.get(f"{ADDIN}/pane", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    kept = [(await client.get(path)).headers["Cache-Control"] for path in await assets(client)]
    assert set(kept) == {"public, max-age=31536000, immutable"}


async def test_every_file_that_the_pane_names_exists(client: httpx.AsyncClient) -> None:
    paths = await assets(client)
    assert {path.rpartition(".")[2] for path in paths} == {"css", "js"}
    for path in paths:
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].split(";")[0] in {"text/javascript", "text/css"}
        for imported in re.findall(r"""from ["']\./([^"']+)["']""", answer.text):
            assert f"/addin/assets/{imported}" in paths


@pytest.mark.parametrize(
    "path",
    [
        "/addin/assets/..%2f..%2fhost.json",
        "/addin/assets/%2e%2e/pane.html",
        "/addin/assets/pane.html",
        "/addin/assets/main.js",
        f"{ADDIN}/icon-17.png",
        f"{ADDIN}/icon-x.png",
        f"{ADDIN}/icon-{'9' * 5000}.png",
        f"{ADDIN}/icon-80-abc.svg",
        f"/addin/{NOWHERE}/pane",
        f"/addin/{NOWHERE}/config",
        f"/addin/{NOWHERE}/manifest.xml",
        f"/addin/{NOWHERE}/manifest.json",
        f"/addin/{NOWHERE}/icon-80.png",
        "/addin/x/pane",
    ],
)
async def test_unknown_paths_are_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("name", ["icon-80.png", "icon-16-0123456789abcdef.png", "icon-128-x-y.png"])
async def test_icons_are_served_without_cache_control(client: httpx.AsyncClient, name: str) -> None:
    """Cache-Control can make Office show its generic icon instead (docs/facts/outlook-addin.md)."""
    answer = await client.get(f"{ADDIN}/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert not {"Cache-Control", "Expires", "Pragma"} & {header.title() for header in answer.headers}
    size = int(re.findall(r"\d+", name)[0])
    assert Image.open(BytesIO(answer.content)).size == (size, size)
    again = await client.get(f"{ADDIN}/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert "Cache-Control" not in again.headers


async def test_every_icon_in_the_manifest_exists(client: httpx.AsyncClient) -> None:
    manifest = (await client.get(f"{ADDIN}/manifest.xml")).text
    paths = set(re.findall(r'"https?://[^/"]+(/[^"]+\.png)"', manifest))
    assert len(paths) == 5
    for path in paths:
        assert (await client.get(path)).headers["Content-Type"] == "image/png"


async def test_both_manifests_are_served(client: httpx.AsyncClient) -> None:
    xml = await client.get(f"{ADDIN}/manifest.xml")
    assert xml.headers["Content-Type"] == "application/xml; charset=utf-8"
    app = etree.fromstring(xml.content)
    unified = (await client.get(f"{ADDIN}/manifest.json")).json()
    assert app.findtext("{*}Id") == unified["id"]
    assert app.findtext("{*}Permissions") == "ReadWriteItem"
    assert [entry.get("DefaultValue") for entry in app.iterfind(".//{*}DesktopSettings/{*}SourceLocation")] == [
        unified["extensions"][0]["audienceClaimUrl"]
    ]


async def test_the_manifest_requests_the_wider_permission_only_on_demand(client: httpx.AsyncClient) -> None:
    wide = await client.get(f"{ADDIN}/manifest.xml?permission=ReadWriteMailbox")
    assert etree.fromstring(wide.content).findtext("{*}Permissions") == "ReadWriteMailbox"
    refused = await client.get(f"{ADDIN}/manifest.xml?permission=Everything")
    assert refused.status_code == 422
    assert "ReadWriteItem or ReadWriteMailbox" in refused.json()["error"]["message"]


async def test_the_configuration_needs_no_token_but_rejects_an_invalid_one(client: httpx.AsyncClient) -> None:
    anonymous = await client.get(f"{ADDIN}/config")
    assert anonymous.headers["Cache-Control"] == "no-store"
    assert anonymous.json()["uuid"] == INTEGRATION
    assert "placeholder" not in anonymous.json()
    for headers in ({"token": "x.y.z"}, {"Authorization": "Bearer x.y.z"}):
        refused = await client.get(f"{ADDIN}/config", headers=headers)
        assert refused.status_code == 401
        assert refused.json()["error"]["correlation_id"]


TAG_STATE = f"/api/client/v2/msexchange_schedulers/{INTEGRATION}/tag_state"
ASKED = {"tag": "PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#", "start": ""}


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [({}, ASKED, 401), ({"token": "x.y.z"}, ASKED, 401), ({}, {"tag": 7}, 422), ({}, ["tag"], 422)],
)
async def test_only_authenticated_users_get_the_state_of_a_tag(
    client: httpx.AsyncClient, headers: dict[str, str], body: Any, status: int
) -> None:
    answer = await client.post(TAG_STATE, headers=headers, json=body)
    assert answer.status_code == status
    assert "0b1c2d3e" not in answer.text
