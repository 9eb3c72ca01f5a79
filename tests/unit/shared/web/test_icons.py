"""X1: one icon in every size, served from memory if possible."""

from io import BytesIO

import pytest
from PIL import Image

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.errors import NotFound
from shared.integrations import IntegrationStore
from shared.integrations.icon import icon_faults
from shared.web.icons import SIZES, Icons, default_icon, fingerprint, resized
from tests.fakes.clock import FakeClock
from tests.support.integrations import graph_fields


def an_icon(colour: str, mode: str = "RGBA") -> bytes:
    out = BytesIO()
    Image.new(mode, (80, 80), colour).save(out, "PNG")
    return out.getvalue()


def opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png), formats=["PNG"])


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def store(storage: MemoryStorage) -> IntegrationStore:
    return IntegrationStore(storage, MemorySecrets(), FakeClock())


@pytest.mark.parametrize("size", SIZES)
def test_phones_get_the_icons_shape_in_grey(size: int) -> None:
    image = opened(resized(default_icon(), size, grey=True)).convert("RGBA")
    assert image.size == (size, size)
    raw = image.tobytes()
    pixels = [raw[at : at + 4] for at in range(0, len(raw), 4)]
    assert {pixel[:3] for pixel in pixels if pixel[3]} == {b"\x91\x91\x91"}
    alphas = [pixel[3] for pixel in pixels]
    assert (min(alphas), max(alphas) > 200) == (0, True), "the icon has transparent and opaque parts"


def test_the_grey_icon_is_not_a_square_if_the_background_is_light() -> None:
    picture = Image.new("RGB", (80, 80), "white")
    picture.paste("navy", (30, 30, 50, 50))
    out = BytesIO()
    picture.save(out, "PNG")
    shape = opened(resized(out.getvalue(), 80, grey=True)).convert("RGBA").getchannel("A")
    assert (shape.getpixel((0, 0)), shape.getpixel((40, 40))) == (0, 255)
    assert opened(resized(an_icon("white"), 32, grey=True)).size == (32, 32)


def test_the_default_icon_satisfies_the_rules_for_uploads() -> None:
    assert icon_faults(default_icon()) == []


@pytest.mark.parametrize("size", SIZES)
async def test_the_default_icon_exists_in_every_size(store: IntegrationStore, size: int) -> None:
    integration = await store.create(graph_fields())
    made = opened(await Icons(store).icon(integration.uuid, str(size)))
    assert (made.size, made.mode) == ((size, size), "RGBA")
    assert made.getchannel("A").getextrema() == (0, 255), "the icon has a transparent background"


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "P", "L", "1"])
def test_pngs_of_every_kind_can_be_resized(mode: str) -> None:
    made = opened(resized(an_icon("red" if mode in ("RGBA", "RGB", "P") else "white", mode), 32)).convert("RGBA")
    assert made.getpixel((16, 16)) == ((255, 0, 0, 255) if mode in ("RGBA", "RGB", "P") else (255, 255, 255, 255))


async def test_an_uploaded_icon_is_served_from_then_on(store: IntegrationStore) -> None:
    integration, icons = await store.create(graph_fields()), Icons(store)
    before = await icons.icon(integration.uuid, "64")
    red, blue = an_icon("red"), an_icon("blue")
    for png in (red, blue, red):
        await store.put_icon(integration.uuid, png)
        assert await icons.icon(integration.uuid, "80") == png
        assert opened(await icons.icon(integration.uuid, "64")).getpixel((32, 32)) == opened(png).getpixel((40, 40))
    assert await icons.icon(integration.uuid, "64") != before


async def test_every_icon_has_a_different_fingerprint(store: IntegrationStore) -> None:
    integration = await store.create(graph_fields())
    red = await store.put_icon(integration.uuid, an_icon("red"))
    blue = await store.put_icon(integration.uuid, an_icon("blue"))
    assert len({fingerprint(integration), fingerprint(red), fingerprint(blue)}) == 3


async def test_a_second_request_takes_no_storage_trip(store: IntegrationStore, storage: MemoryStorage) -> None:
    integration, icons = await store.create(graph_fields()), Icons(store)
    await store.put_icon(integration.uuid, an_icon("red"))
    first = await icons.icon(integration.uuid, "64")
    trips = storage.round_trips
    assert await icons.icon(integration.uuid, "64") == first
    assert storage.round_trips == trips


async def test_an_icon_replaced_by_another_instance_is_not_cached_under_the_old_name(storage: MemoryStorage) -> None:
    here = IntegrationStore(storage, MemorySecrets(), FakeClock())
    elsewhere = IntegrationStore(storage, MemorySecrets(), FakeClock())
    integration = await here.create(graph_fields())
    red, blue = an_icon("red"), an_icon("blue")
    icons = Icons(here)
    await here.put_icon(integration.uuid, red)
    await elsewhere.put_icon(integration.uuid, blue)
    assert await icons.icon(integration.uuid, "80") == blue, "the newest icon is served even with older settings"
    await elsewhere.put_icon(integration.uuid, red)
    await here.get(integration.uuid)
    assert await icons.icon(integration.uuid, "80") == red


@pytest.mark.parametrize("size", ["", "0", "17", "192", "-16", "016", "16.0", "８０", "9" * 5000, "x"])
async def test_other_sizes_are_not_found(store: IntegrationStore, size: str) -> None:
    integration = await store.create(graph_fields())
    with pytest.raises(NotFound, match="16, 25, 32"):
        await Icons(store).icon(integration.uuid, size)


async def test_a_missing_integration_has_no_icon(store: IntegrationStore) -> None:
    with pytest.raises(NotFound):
        await Icons(store).icon("22222222-2222-4222-8222-222222222222", "80")
