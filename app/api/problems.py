"""The only place that knows statuses: a refusal becomes a status, and the envelope that its surface speaks."""

import re
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException
from litestar.params import ParameterKwarg
from litestar.types import ExceptionHandlersMap

from app.telemetry import request_id
from schemas.base import Wire
from schemas.errors import (
    BodyInterrupted,
    BodyTooLarge,
    InvalidField,
    Kind,
    MalformedBody,
    MissingField,
    RangeUnsatisfiable,
    RegistryError,
    Unexpected,
    UnknownMethod,
    UnknownPath,
)
from schemas.wire.identity_v3 import IdentityProblem, KeystoneFault
from schemas.wire.modules_v2 import ModuleError
from schemas.wire.problem import Problem

log = structlog.get_logger()

STATUSES: dict[Kind, int] = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.LIMITED: 429,
    Kind.UNMET: 412,
    Kind.UNSATISFIABLE: 416,
    Kind.BROKEN: 500,
    Kind.BUSY: 503,
    Kind.FULL: 507,
}
_HEADERS: dict[Kind, dict[str, str]] = {
    Kind.UNAUTHENTICATED: {"WWW-Authenticate": "SDK-HMAC-SHA256"},
    Kind.BUSY: {"Retry-After": "1"},
    Kind.LIMITED: {"Retry-After": "30"},  # where nobody knows when there is room again
}
_IDENTITY = re.compile(r"/v3(/auth(/.*)?|/projects(/.*)?)?|/")
_MODULES = re.compile(r"/v2/extensions/modules/?")
_MISSING_PARAMETER = re.compile(r"Missing required \w+ parameter '(?P<name>[^']+)'")


class ModulesProblem(Problem, kw_only=True):
    """A refusal within the envelope of `/v2/extensions/modules`."""

    error: ModuleError
    status: str = "error"
    result: None = None


def status_of(error: RegistryError) -> int:
    """The HTTP status of a refusal."""
    return 405 if isinstance(error, UnknownMethod) else STATUSES[error.kind]


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Wire]:
    """The answer to a request that failed with `error`, whatever it is."""
    refusal = _refusal(request, error)
    headers = dict(_HEADERS.get(refusal.kind, {}))
    if "Retry-After" in headers and isinstance(seconds := refusal.facts.get("seconds"), int):
        headers["Retry-After"] = str(max(1, seconds))
    if isinstance(refusal, UnknownMethod) and isinstance(error, HTTPException):
        headers["Allow"] = (error.headers or {}).get("allow", "")
    if isinstance(refusal, RangeUnsatisfiable):
        headers["Content-Range"] = f"bytes */{refusal.facts['size']}"
    return Response(
        envelope(request.scope["path"], refusal),
        status_code=status_of(refusal),
        headers=headers,
        media_type="application/json",
    )


def envelope(path: str, refusal: RegistryError) -> Wire:
    """The body in which the surface that `path` belongs to tells of a refusal."""
    status, code, text = status_of(refusal), refusal.code, str(refusal)
    if _IDENTITY.fullmatch(path):
        fault = KeystoneFault(code=status, message=text, title=HTTPStatus(status).phrase)
        return IdentityProblem(error_code=code, error_msg=text, error=fault)
    if _MODULES.fullmatch(path):
        return ModulesProblem(error_code=code, error_msg=text, error=ModuleError(code=code, message=text))
    return Problem(error_code=code, error_msg=text)


def _refusal(request: Request[Any, Any, Any], error: Exception) -> RegistryError:
    if isinstance(error, RegistryError):
        refusal = error
    elif isinstance(error, HTTPException):
        refusal = _framework_refusal(request, error)
    else:
        refusal = Unexpected()
    if refusal.kind is Kind.BROKEN:
        log.error("unexpected", request_id=request_id(request.scope), exc_info=error)
    elif refusal.kind in {Kind.BUSY, Kind.FULL}:
        log.warning("not served", request_id=request_id(request.scope), reason=refusal.code, exc_info=error)
    return refusal


def _framework_refusal(request: Request[Any, Any, Any], error: HTTPException) -> RegistryError:
    """Litestar's own refusals in our words."""
    if isinstance(error, NotFoundException):
        return UnknownPath()
    if isinstance(error, MethodNotAllowedException):
        return UnknownMethod(method=request.scope["method"])
    if error.status_code == 413:
        return BodyTooLarge(limit=request.route_handler.resolve_request_max_body_size())
    if isinstance(error, ValidationException):
        return _invalid_parameter(request, error)
    if error.status_code == 400:
        return InvalidField("Host", problem="The header is no host name") if "host" in error.detail else MalformedBody(
            problem=error.detail
        )  # fmt: skip
    if "disconnected" in error.detail:
        return BodyInterrupted()
    return Unexpected()


def _invalid_parameter(request: Request[Any, Any, Any], error: ValidationException) -> RegistryError:
    if match := _MISSING_PARAMETER.match(error.detail):
        return MissingField(match["name"])
    first: Any = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    if first.get("key") == "data":
        return MalformedBody(problem="a JSON body is required")
    return InvalidField(
        _on_the_wire(request, first.get("key")), problem=first.get("message", "The request cannot be read")
    )


def _on_the_wire(request: Request[Any, Any, Any], name: str | None) -> str | None:
    """What a client calls the parameter that our handler, or what it depends on, knows under this name."""
    handler = request.route_handler
    sources: list[Any] = [handler, *handler.resolve_dependencies().values()]
    for each in sources:
        parameter = each.parsed_fn_signature.parameters.get(name or "")
        told = parameter.kwarg_definition if parameter is not None else None
        if isinstance(told, ParameterKwarg):
            return told.name or name
    return name


EXCEPTION_HANDLERS: ExceptionHandlersMap = {Exception: answer}
