"""Filtering, ordering and paging of lists, without the API."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRequest
from shared.management.foreign_keys import ForeignKeys
from shared.management.listing import MAX_LIMIT, flag, page, query_of
from shared.management.resource import TIME_FORMAT

SCHEMA = {
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "prefix": {"type": ["string", "null"]},
        "on": {"type": "boolean"},
        "made": {"type": "string", "format": TIME_FORMAT},
        "parent": {"type": "string", "format": "uri-reference"},
        "secret": {"type": "string", "writeOnly": True},
        "parts": {"type": "array"},
    },
    "x-search": ["name", "prefix"],
}


def an_object(id_: int, name: str = "", **more: Any) -> dict[str, Any]:
    made = f"2026-01-{id_:02}T09:00:00"
    return {"id": id_, "name": name, "prefix": None, "on": False, "made": made, "parent": "", "parts": []} | more


FOREIGN_KEYS = ForeignKeys([])
OBJECTS = [
    an_object(1, "Example Corp", prefix="a", on=True, parent="/p/7/"),
    an_object(2, "example labs", prefix="b"),
    an_object(3, "Øvre Årdal", parent="/p/17/"),
    an_object(4, "Corp, Inc."),
]


def listed(text: str, objects: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    shown = OBJECTS if objects is None else objects
    return page(shown, query_of(text, SCHEMA, FOREIGN_KEYS), {}, "/x/", text)


def ids(text: str) -> list[int]:
    return [shown["id"] for shown in listed(text)["objects"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("format=json", [1, 2, 3, 4]),
        ("id=2", [2]),
        ("id__exact=2", [2]),
        ("id__in=1,3,9", [1, 3]),
        ("text=EXAMPLE", [1, 2]),
        ("text=b", [2]),
        ("text=B&id=1", []),
        ("text=", [1, 2, 3, 4]),
        ("id__gt=2", [3, 4]),
        ("id__gte=2&id__lt=4", [2, 3]),
        ("id__lte=1", [1]),
        ("id__range=2,3", [2, 3]),
        ("name=example+labs", [2]),
        ("name__iexact=EXAMPLE%20CORP", [1]),
        ("name__contains=Corp", [1, 4]),
        ("name__icontains=corp", [1, 4]),
        ("name__startswith=Ex", [1]),
        ("name__istartswith=ex", [1, 2]),
        ("name__endswith=labs", [2]),
        ("name__iendswith=.INC.", []),
        ("name__icontains=%C3%98VRE", [3]),
        ("name__regex=%5EEx.*p$", [1]),
        ("name__regex=corp", []),
        ("name__iregex=%5Eex", [1, 2]),
        ("id__regex=%5E[12]$", [1, 2]),
        ("name__gt=f", [3]),
        ("prefix=a", [1]),
        ("prefix__isnull=true", [3, 4]),
        ("prefix__isnull=0", [1, 2]),
        ("prefix__gt=a", [2]),
        ("on=true", [1]),
        ("on=False", [2, 3, 4]),
        ("made__gte=2026-01-03T10:00:00%2B01:00", [3, 4]),
        ("made__lt=2026-01-02T09:00:00Z", [1]),
        ("made=2026-01-02T09:00:00.000", [2]),
        ("made__range=2026-01-02,2026-01-04", [2, 3]),
        ("parent=/p/7/", [1]),
        ("parent=7", [1]),
        ("parent__in=7,17", [1, 3]),
        ("name__in=Corp%2C Inc.", []),  # commas always separate values
        ("order_by=-id", [4, 3, 2, 1]),
        ("order_by=name", [4, 1, 2, 3]),
        ("order_by=prefix&order_by=-id", [4, 3, 1, 2]),
        ("order_by=-prefix", [2, 1, 3, 4]),
        ("order_by=on&order_by=name", [4, 2, 3, 1]),
        ("limit=2", [1, 2]),
        ("limit=2&offset=3", [4]),
        ("offset=9", []),
        ("limit=0", [1, 2, 3, 4]),
    ],
)
def test_lists_are_filtered_ordered_and_paged(query: str, expected: list[int]) -> None:
    assert ids(query) == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("secret=x", "'secret'"),
        ("secret__startswith=x", "'secret'"),
        ("parts=x", "'parts'"),
        ("order_by=secret", "'secret'"),
        ("order_by=", "''"),
        ("name__regexp=x", "no filter 'name__regexp'"),
        ("name__regex=(", "malformed"),
        ("name__regex=(?=x)", "look-around"),
        (r"name__iregex=(a)%5C1", "back-references"),
        ("name__regex=((a{1000}){1000}){1000}", "too large"),
        ("name__regex=" + "a" * 501, "at most 500"),
        ("&".join(["id=1"] * 51), "at most 50 filters"),
        ("name__contains__x=x", "no filter"),
        ("id=x", "'x' cannot be compared"),
        ("id__in=1,x", "'x'"),
        ("id__range=1", "two values"),
        ("on=maybe", "neither true nor false"),
        ("prefix__isnull=maybe", "neither true nor false"),
        ("made__gt=yesterday", "'yesterday'"),
        ("limit=x", "limit must be"),
        ("limit=-1", "limit must be"),
        ("limit=", "limit must be"),
        ("offset=-1", "offset must be"),
        ("offset=1e3", "offset must be"),
    ],
)
def test_an_invalid_query_is_refused_even_for_an_empty_list(query: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        listed(query, [])
    assert message in str(refused.value)


def test_the_envelope_links_to_the_previous_and_next_pages() -> None:
    meta = listed("name__icontains=e&limit=1&offset=1&order_by=-id")["meta"]
    assert (meta["limit"], meta["offset"], meta["total_count"]) == (1, 1, 3)
    assert meta["next"] == "/x/?name__icontains=e&order_by=-id&limit=1&offset=2"
    assert meta["previous"] == "/x/?name__icontains=e&order_by=-id&limit=1&offset=0"


def test_the_default_page_has_20_objects_and_larger_limits_are_capped() -> None:
    many = [an_object(number) for number in range(1, 31)]
    assert len(listed("", many)["objects"]) == 20
    assert listed("limit=999999", many)["meta"]["limit"] == MAX_LIMIT
    assert listed("", many)["meta"]["previous"] is None


@given(st.integers(0, 40), st.integers(1, 12))
def test_following_next_shows_every_object_once(amount: int, limit: int) -> None:
    objects = [an_object(number) for number in range(1, amount + 1)]
    query, seen = f"limit={limit}&order_by=id", []
    while True:
        shown = listed(query, objects)
        seen += [each["id"] for each in shown["objects"]]
        if shown["meta"]["next"] is None:
            break
        query = urlsplit(shown["meta"]["next"]).query
    assert seen == list(range(1, amount + 1))


PAIRS = st.lists(st.tuples(st.sampled_from(["id", "name__in", "made__lt", "on", "limit"]), st.text()))


@given(st.text(max_size=40) | PAIRS.map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)))
def test_any_query_is_answered_or_refused(query: str) -> None:
    try:
        shown = listed(query)
    except InvalidRequest:
        return
    assert shown["meta"]["total_count"] <= len(OBJECTS)
    assert dict(parse_qsl(query)).get("limit", "20").isdecimal()


@pytest.mark.parametrize(
    ("query", "on"), [("", False), ("force=true", True), ("force=0", False), ("other=true", False)]
)
def test_boolean_parameters_are_read(query: str, on: bool) -> None:
    assert flag(query, "force") is on


def test_a_boolean_parameter_that_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="neither true nor false"):
        flag("force=maybe", "force")


def test_a_parameter_that_names_no_field_is_ignored_and_reported() -> None:
    query = query_of("title__icontains=x&id=2&_=17&format=json", SCHEMA, FOREIGN_KEYS)
    assert query.skipped == ("title__icontains", "_")
    assert ids("title__icontains=x&id=2") == [2]


def test_a_regular_expression_with_catastrophic_backtracking_takes_linear_time() -> None:
    """Backtracking would try 2^n possibilities, whereas RE2 reads the text once."""
    objects = [an_object(1, "a" * 10_000)]
    assert listed("name__regex=%5E(a|a)*b$", objects)["objects"] == []
