"""Route templates, matched as ASP.NET matches them."""

import pytest

from dev.host.config import HostError
from dev.host.routes import Route, Router, decode_path
from dev.host.worker import Function

GUID = "11111111-1111-4111-8111-11111111111a"


def function(name: str, route: str | None, *methods: str) -> Function:
    return Function(name, name, {"type": "httpTrigger", "route": route, "methods": list(methods)}, {})


def route(template: str, *methods: str, prefix: str = "") -> Route:
    return Route(function("f", template, *methods), prefix)


@pytest.mark.parametrize(
    ("template", "path", "parameters"),
    [
        ("api/health", "/api/health", {}),
        ("api/health", "/API/Health", {}),
        ("api/health", "/api/health/", {}),
        ("api/health/", "/api/health", {}),
        ("addin/{uuid:guid}/pane", f"/addin/{GUID}/pane", {"uuid": GUID}),
        ("addin/{uuid:guid}/pane", f"/addin/{GUID.upper()}/pane", {"uuid": GUID.upper()}),
        ("addin/{uuid:guid}/icon-{size:int}.png", f"/addin/{GUID}/icon-80.png", {"uuid": GUID, "size": "80"}),
        ("a/{id:int}/{name?}", "/a/-7", {"id": "-7"}),
        ("a/{id:int}/{name?}", "/a/7/b c", {"id": "7", "name": "b c"}),
        ("a/{*rest}", "/a", {}),
        ("{root:maxlength(0)?}", "/", {"root": ""}),
        ("a/{*rest}", "/a/b/c", {"rest": "b/c"}),
        ("a.b/{x}", "/a.b/PXPS:-1#", {"x": "PXPS:-1#"}),
    ],
)
def test_a_path_that_matches_its_template_is_found(template: str, path: str, parameters: dict[str, str]) -> None:
    assert route(template).match(path) == parameters


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("api/health", "/api/health/x"),
        ("api/health", "/api"),
        ("a.b", "/axb"),
        ("a/{id:int}", "/a/x"),
        ("a/{id:guid}", "/a/1234"),
        ("a/{id}", "/a/"),
        ("a/{id}/b", "/a//b"),
        ("{root:maxlength(0)?}", "/a"),
    ],
)
def test_a_path_that_does_not_match_is_not_found(template: str, path: str) -> None:
    assert route(template).match(path) is None


@pytest.mark.parametrize("template", ["/a", "a//b", "{x:nonsense}", "a/{x", "a/x}"])
def test_invalid_templates_are_refused(template: str) -> None:
    with pytest.raises(HostError):
        route(template)


def test_a_prefix_comes_first_and_a_functions_name_replaces_a_missing_route() -> None:
    assert Route(function("Health", None), "api").match("/api/health") == {}


def test_a_route_with_another_method_is_not_found() -> None:
    router = Router([route("a", "get")])
    assert router.find("GET", "/a") is not None
    assert router.find("POST", "/a") is None


def test_a_route_without_methods_accepts_every_method() -> None:
    assert Router([route("a")]).find("PROPFIND", "/a") is not None


def test_a_path_may_have_different_functions_for_different_methods() -> None:
    router = Router([Route(function("read", "a", "GET"), ""), Route(function("write", "a", "PUT"), "")])
    found = router.find("PUT", "/a")
    assert found is not None
    assert found[0].name == "write"


def test_routes_that_start_with_a_parameter_are_found_too() -> None:
    router = Router([route("a/b"), route("{x:int}/b"), route("{x:guid}/c/{*rest}")])
    assert router.find("GET", "/7/b") is not None
    assert router.find("GET", f"/{GUID}/c/d") is not None
    assert router.find("GET", "/") is None


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("a/{x}", "a/b", True),
        ("a/{x:guid}", "a/b", False),
        ("a/{x}", "a/{y}/c", False),
        ("a/{x?}", "a", True),
        ("a/{*x}", "a/b/c", True),
        ("a/icon-{n:int}.png", "a/icon-x.png", False),
        ("A/b", "a/B", True),
        ("a/{x:guid}/b", "a/{y}/b", True),
    ],
)
def test_ambiguous_routes_are_refused(one: str, other: str, overlap: bool) -> None:
    if not overlap:
        Router([route(one), route(other)])
        return
    with pytest.raises(HostError, match="both match"):
        Router([route(one), route(other)])


def test_routes_overlap_only_if_they_share_a_method() -> None:
    Router([route("a/{x}", "GET"), route("a/b", "POST")])


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [("/a%20b", "/a b"), ("/a%2Fb", "/a%2Fb"), ("/a%2fb", "/a%2fb"), ("/%C3%BC", "/ü"), ("/a", "/a")],
)
def test_paths_are_decoded_except_for_slashes(raw: str, decoded: str) -> None:
    assert decode_path(raw) == decoded
