"""The web console: one page and its files. Its data comes from the management API."""

import azure.functions as func

from functions.files import IMMUTABLE, file_response
from functions.http import json_endpoint, json_response
from shared.composition import services

bp = func.Blueprint()


@bp.route("console", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def console(req: func.HttpRequest) -> func.HttpResponse:
    """The page. Browsers cache it and revalidate it each time."""
    html, headers = services().administration.console.page()
    return file_response(req, html.encode(), "text/html; charset=utf-8", {**headers, "Cache-Control": "no-cache"})


@bp.route("console/config", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def console_config(req: func.HttpRequest) -> func.HttpResponse:
    """How to sign in to the console."""
    return json_response(services().administration.console.config())


@bp.route("console/assets/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def console_asset(req: func.HttpRequest) -> func.HttpResponse:
    """A console file. Its name changes with its content, so it may be cached indefinitely."""
    found = services().administration.console.asset(req.route_params["name"])
    return file_response(req, found.body, found.content_type, {"Cache-Control": IMMUTABLE}, found.gzipped)
