"""Whether the app is up."""

import azure.functions as func

from functions.http import json_response
from shared import __version__

bp = func.Blueprint()


@bp.route("api/health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Whether the app answers, and in which version. Touches nothing else: a load balancer may ask often."""
    return json_response({"status": "ok", "version": __version__})
