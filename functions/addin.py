"""The add-in's routes."""

from typing import Any

import azure.functions as func

from functions.http import json_endpoint
from shared.composition import services

bp = func.Blueprint()


def user_token(req: func.HttpRequest) -> str:
    """The user's identity token: header `token`, or a bearer token; "" when there is none."""
    scheme, _, bearer = req.headers.get("Authorization", "").partition(" ")
    return req.headers.get("token") or (bearer.strip() if scheme.lower() == "bearer" else "")


@bp.route(
    "api/client/v2/msexchange_schedulers/{uuid}/meeting_details", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@json_endpoint
async def meeting_details(req: func.HttpRequest) -> dict[str, Any]:
    """An alias, a tag and joining instructions for a meeting."""
    key = req.headers.get("Idempotency-Key", "")
    return await services().meeting_details.allocate(req.route_params["uuid"], user_token(req), key)
