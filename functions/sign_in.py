"""Signs in users in the add-in's dialog and, with an admin's help, the service account."""

import inspect
from typing import Any

import azure.functions as func

from functions.addin import user_token
from functions.http import Endpoint, Failure, Handler, failure_of, json_endpoint, texts_of
from shared.composition import services

bp = func.Blueprint()

_UNEXPECTED = "An unexpected error occurred. Please tell your administrator the reference."


def page_endpoint(handler: Handler) -> Endpoint:
    """Respond with what `handler` returns; a failure becomes an HTML page with a reference to the log."""

    async def endpoint(req: func.HttpRequest) -> func.HttpResponse:
        try:
            response: func.HttpResponse = await handler(req)
        except Exception as error:
            return _failed(failure_of(error, _UNEXPECTED))
        return response

    endpoint.__name__, endpoint.__doc__ = handler.__name__, inspect.getdoc(handler)
    return endpoint


@bp.route("addin/{uuid:guid}/sign-in", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@page_endpoint
async def sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """Redirects the dialog to the provider. The request cannot influence the destination."""
    url, cookie = await services().identity.sign_in.start(req.route_params["uuid"], req.params.get("challenge", ""))
    headers = {"Location": url, "Set-Cookie": cookie, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return func.HttpResponse(status_code=302, headers=headers)


@bp.route("addin/sign-in/callback", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@page_endpoint
async def sign_in_callback(req: func.HttpRequest) -> func.HttpResponse:
    """The page to which the provider redirects the dialog."""
    from shared.addin.sign_in_page import signed_in
    from shared.identity.sign_in.state_cookie import ended

    integration, code = await services().identity.sign_in.finish(req.params, req.headers.get("Cookie", ""))
    html, headers = signed_in(services().addin.pane.bundle, integration, code)
    return _html(html, headers | {"Set-Cookie": ended(req.params["state"])})


@bp.route("addin/{uuid:guid}/sign-in/redeem", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def sign_in_redeem(req: func.HttpRequest) -> dict[str, Any]:
    """Exchanges the one-time code for a session token, for the task pane that opened the dialog."""
    code, verifier = texts_of(req, "code", "verifier")
    token = await services().identity.sign_in.redeem(req.route_params["uuid"], code, verifier, user_token(req))
    return {"token": token}


@bp.route("addin/{uuid:guid}/sign-out", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def sign_out(req: func.HttpRequest) -> dict[str, Any]:
    """Forgets all sign-ins of the user whose session token is in the request."""
    await services().identity.sign_in.sign_out(req.route_params["uuid"], user_token(req))
    return {}


@bp.route("service-account/oauth_redirect", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@page_endpoint
async def service_account(req: func.HttpRequest) -> func.HttpResponse:
    """The page that an admin reaches after signing in the service account."""
    from shared.identity.sign_in.notice import service_account_signed_in

    return _html(*service_account_signed_in(await services().administration.service_accounts.finish(req.params)))


def _failed(told: Failure) -> func.HttpResponse:
    from shared.identity.sign_in.notice import failed

    html, headers = failed("Sign-in failed", told.message, told.correlation_id)
    return _html(html, headers | told.headers, told.status)


def _html(html: str, headers: dict[str, str], status: int = 200) -> func.HttpResponse:
    return func.HttpResponse(html, status_code=status, headers=headers, mimetype="text/html", charset="utf-8")
