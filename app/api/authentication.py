"""Who asks: a token, a signature or a publisher token becomes the `Caller`, and the caller's rights are asked, in this one place.

A guard on the whole application, so it runs before a body is decoded. Every handler says what it is:

- `opt={"operation": "<id>"}`: needs a caller whose role has that row in `permissions.py`;
- `opt={"public": True}`: takes everybody;
- with `"any_domain": True` beside an operation, the path may name an account other than the caller's, and the use-case
  itself decides what may be seen;
- with `"publisher_token": True` beside an operation, a caller may also come by a publisher token. No other operation takes one.
"""

from collections.abc import Sequence
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import BaseRoute

from app.registry import Registry
from app.registry.access import permissions
from app.registry.access.service import Access
from app.telemetry import request_id
from schemas.errors import NotAuthenticated, NotYourTenant, OperationNotAllowed
from schemas.model.access import Caller, SignedRequest

_SIGNATURES = "SDK-"


async def authenticate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Finds the caller and refuses whoever may not do this. Raises `NotAuthenticated`, `OperationNotAllowed` or
    `NotYourTenant`."""
    if not isinstance(connection, Request):
        raise NotAuthenticated  # a websocket, of which there is none
    if handler.opt.get("public") or connection.method == "OPTIONS":
        return
    registry: Registry = connection.app.state.wiring.registry
    caller = await _caller(registry, connection, handler)
    connection.scope["user"] = caller
    permissions.require(caller, handler.opt["operation"])
    if caller.publisher_id is not None and not handler.opt.get("publisher_token"):
        raise OperationNotAllowed("x-publisher-token", operation=handler.opt["operation"])
    await _check_address(registry.access, caller, connection, any_domain=bool(handler.opt.get("any_domain")))


def provide_caller(request: Request[Caller, Any, Any], registry: Registry) -> Caller:  # noqa: ARG001 - see below
    """The dependency `caller` of handlers that are not public.

    It takes the registry only to be provided after it: two things that do not depend on each other are provided side by side,
    and to start tasks for that took longer than both.
    """
    return request.user


def undeclared(routes: Sequence[BaseRoute]) -> list[str]:
    """Handlers that say neither which operation they are nor that they are public, or both that they are public and that they
    take publisher tokens; there must be none."""
    return [
        f"{route.path} {handler}"
        for route in routes
        for handler in getattr(route, "route_handlers", [])
        if handler.http_methods != {"OPTIONS"}
        and (
            handler.opt.get("publisher_token")
            if handler.opt.get("public")
            else handler.opt.get("operation") not in permissions.PERMISSIONS
        )
    ]


async def _caller(registry: Registry, request: Request[Any, Any, Any], handler: BaseRouteHandler) -> Caller:
    """Of several credentials the narrowest decides: a publisher token, then a signature, then a token. All must be good and
    of one tenant. Yet a good token of either kind outweighs a bad signature: the official SDK signs with whatever keys it was
    given, also when it is told to send a token."""
    authorization, token = request.headers.get("authorization"), request.headers.get("x-auth-token")
    if authorization is not None and not authorization.startswith(_SIGNATURES):
        raise NotAuthenticated
    id = request_id(request.scope)
    publisher_token = _publisher_token(request)
    by_publisher_token = await registry.publisher_tokens.caller_of(publisher_token, id) if publisher_token else None
    by_token = await registry.access.caller_of_token(token, id) if token else None
    by_signature = None
    if authorization is not None:
        try:
            signed = await _signed(request, handler)
            by_signature = await registry.access.caller_of_signature(authorization, signed, id)
        except NotAuthenticated:
            if by_publisher_token is None and by_token is None:
                raise
    good = [each for each in (by_publisher_token, by_signature, by_token) if each is not None]
    if len({each.tenant_id for each in good}) != 1:
        raise NotAuthenticated
    return good[0]


def _publisher_token(request: Request[Any, Any, Any]) -> str | None:
    sent = request.headers.getall("x-publisher-token", [])
    if len(sent) > 1:  # one may be read here and the other by somebody on the way
        raise NotAuthenticated
    return sent[0] if sent else None


async def _signed(request: Request[Any, Any, Any], handler: BaseRouteHandler) -> SignedRequest:
    scope = request.scope
    streamed = handler.resolve_request_max_body_size() is None  # type: ignore[attr-defined]
    client = scope["client"] or ("", 0)
    return SignedRequest(
        method=scope["method"],
        raw_path=scope["raw_path"],
        query_string=scope["query_string"],
        headers=list(scope["headers"]),
        body=None if streamed else await request.body(),
        connection=f"{client[0]}:{client[1]}",
    )


async def _check_address(
    access: Access, caller: Caller, connection: ASGIConnection[Any, Any, Any, Any], *, any_domain: bool
) -> None:
    """What the path and X-Domain-Id name must be the caller's own. X-Project-Id says nothing: the SDK fills it with
    whatever it was built with."""
    domain_header = connection.headers.get("x-domain-id")
    if domain_header is not None and domain_header != caller.tenant_id:
        raise NotYourTenant("X-Domain-Id")
    path = connection.path_params
    for field in ("domain_id", "tenant_id"):
        if field in path and path[field] != caller.tenant_id and not any_domain:
            raise NotYourTenant(field)
    if "project_id" in path and not await access.may_use_project(caller, path["project_id"]):
        raise NotYourTenant("project_id")
