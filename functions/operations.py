"""Tells load balancers and people whether the app is up."""

import azure.functions as func

from functions.http import json_response
from shared import __version__
from shared.composition import services

bp = func.Blueprint()


@bp.route("api/health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """The app's version. Nothing else is read, because a load balancer may call this often."""
    return json_response({"status": "ok", "version": __version__})


# ASP.NET accepts the root only in this form (docs/facts/azure-functions.md §B).
@bp.route("{root:maxlength(0)?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def home(req: func.HttpRequest) -> func.HttpResponse:
    """A public page about this deployment and its health. It contains nothing confidential."""
    html, headers, status = await services().administration.home.page()
    return func.HttpResponse(html, status_code=status, headers=dict(headers), mimetype="text/html", charset="utf-8")
