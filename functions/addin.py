"""The add-in's routes."""

from typing import Any

import azure.functions as func

from functions.files import IMMUTABLE, file_response
from functions.http import json_endpoint, json_response, texts_of
from shared.composition import services

bp = func.Blueprint()


def user_token(req: func.HttpRequest) -> str:
    """The user's identity token: header `token`, or a bearer token; "" if there is none."""
    scheme, _, bearer = req.headers.get("Authorization", "").partition(" ")
    return req.headers.get("token") or (bearer.strip() if scheme.lower() == "bearer" else "")


@bp.route(
    "api/client/v2/msexchange_schedulers/{uuid}/meeting_details", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@json_endpoint
async def meeting_details(req: func.HttpRequest) -> dict[str, Any]:
    """An alias, a tag and joining instructions for a meeting."""
    key = req.headers.get("Idempotency-Key", "")
    mailboxes = req.headers.get("X-Mailboxes", "")
    return await services().addin.meeting_details.allocate(req.route_params["uuid"], user_token(req), key, mailboxes)


@bp.route(
    "api/client/v2/msexchange_schedulers/{uuid}/personal_vmrs", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@json_endpoint
async def personal_vmrs(req: func.HttpRequest) -> list[Any]:
    """The signed-in user's own VMRs, each with its joining instructions."""
    return list(await services().addin.personal_vmrs.listing(req.route_params["uuid"], user_token(req)))


@bp.route("api/client/v2/msexchange_schedulers/{uuid}/tag_state", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def tag_state(req: func.HttpRequest) -> dict[str, Any]:
    """The state of a tag in a meeting. The tag is sent in the body because URLs are logged."""
    tag, start = texts_of(req, "tag", "start")
    mailboxes = req.headers.get("X-Mailboxes", "")
    return await services().addin.tag_states.of(req.route_params["uuid"], user_token(req), tag, start, mailboxes)


@bp.route("addin/{uuid:guid}/manifest.xml", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def manifest_xml(req: func.HttpRequest) -> func.HttpResponse:
    """The add-in-only manifest; `?permission=ReadWriteMailbox` for clients that need it."""
    body = await services().addin.manifests.xml(req.route_params["uuid"], req.params.get("permission", ""))
    return file_response(req, body, "application/xml; charset=utf-8", {"Cache-Control": "no-cache"})


@bp.route("addin/{uuid:guid}/manifest.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def manifest_json(req: func.HttpRequest) -> func.HttpResponse:
    """The unified manifest."""
    return json_response(
        await services().addin.manifests.unified(req.route_params["uuid"], req.params.get("permission", ""))
    )


@bp.route("addin/{uuid:guid}/icon-{name}.png", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def icon(req: func.HttpRequest) -> func.HttpResponse:
    """The add-in's icon, such as `icon-80.png`. In manifests, the name has a fingerprint after the size.

    It is sent without Cache-Control, because Office replaces an icon that has this header with a generic one.
    """
    from shared.web.icons import GREY

    size, _, more = req.route_params["name"].partition("-")
    png = await services().addin.icons.icon(req.route_params["uuid"], size, grey=more.endswith(f"-{GREY}"))
    return file_response(req, png, "image/png", {})


@bp.route("addin/{uuid:guid}/pane", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def pane(req: func.HttpRequest) -> func.HttpResponse:
    """The task pane. Browsers cache it and revalidate it each time."""
    html, headers = await services().addin.pane.page(req.route_params["uuid"])
    return file_response(req, html.encode(), "text/html; charset=utf-8", headers | {"Cache-Control": "no-cache"})


@bp.route("addin/{uuid:guid}/preview", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def preview(req: func.HttpRequest) -> func.HttpResponse:
    """The task pane in each of its states, for the console."""
    html, headers = await services().addin.pane.preview(req.route_params["uuid"])
    return file_response(req, html.encode(), "text/html; charset=utf-8", headers | {"Cache-Control": "no-cache"})


@bp.route("addin/{uuid:guid}/commands", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def commands(req: func.HttpRequest) -> func.HttpResponse:
    """The page for commands without a task pane, if the integration has any."""
    html, headers = await services().addin.pane.commands(req.route_params["uuid"])
    return file_response(req, html.encode(), "text/html; charset=utf-8", headers | {"Cache-Control": "no-cache"})


@bp.route("addin/{uuid:guid}/launch.js", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def launch(req: func.HttpRequest) -> func.HttpResponse:
    """The event script. It contains the integration's texts because, without a page, it cannot request them."""
    script = await services().addin.pane.launch(req.route_params["uuid"])
    return file_response(req, script, "text/javascript; charset=utf-8", {"Cache-Control": "no-cache"})


@bp.route("addin/{uuid:guid}/config", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def config(req: func.HttpRequest) -> func.HttpResponse:
    """The task pane's configuration, which includes a placeholder if the request has a token."""
    mailboxes = req.headers.get("X-Mailboxes", "")
    return json_response(await services().addin.pane.config(req.route_params["uuid"], user_token(req), mailboxes))


@bp.route("addin/assets/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def asset(req: func.HttpRequest) -> func.HttpResponse:
    """A task pane file. Its name changes with its content, so it may be cached indefinitely."""
    found = services().addin.pane.asset(req.route_params["name"])
    return file_response(req, found.body, found.content_type, {"Cache-Control": IMMUTABLE}, found.gzipped)
