"""External policy, through which conferencing nodes ask who may join (C2)."""

import azure.functions as func

from functions.http import json_endpoint, json_response
from shared.composition import services
from shared.errors import NotAuthenticated

bp = func.Blueprint()


@bp.route("policy/v1/service/configuration", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@json_endpoint
async def service_configuration(req: func.HttpRequest) -> func.HttpResponse:
    """The service that a dialled alias belongs to; 404 and `continue` send the node to its own database."""
    from shared.conferences.policy_request import ServiceRequest

    try:
        await services().conferences.nodes.check(req.headers.get("Authorization"), req.headers.get("X-Forwarded-For"))
    except NotAuthenticated:
        return json_response({"status": "fail"}, 401, {"WWW-Authenticate": 'Basic realm="policy"'})
    answer = await services().conferences.policy.answer(ServiceRequest.from_parameters(req.params))
    if answer is None:
        return json_response({"status": "fail", "action": "continue", "result": {}}, 404)
    action, result = answer
    return json_response({"status": "success", "action": action, "result": result})
