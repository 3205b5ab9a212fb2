"""The OpenAPI document: what Litestar reads off the routes, finished with what it cannot know.

Finished means: every Struct as msgspec itself describes it, every refusal with its code and its envelope, forms, headers of
answers, who may call, and an example of every request and answer (`schemas/examples/`).
"""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from importlib import resources
from inspect import cleandoc
from string import Formatter
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from app.api.docs.refusals import REFUSALS
from app.api.paging import CAPPED, CUT
from app.api.problems import envelope, status_of
from app.registry.access.permissions import PERMISSIONS
from schemas.base import Wire
from schemas.errors import (
    BodyInterrupted,
    BodyTooLarge,
    BytesDamaged,
    InvalidField,
    Kind,
    MalformedBody,
    MissingField,
    NotAuthenticated,
    NotYourTenant,
    OperationNotAllowed,
    RegistryError,
    ServiceBusy,
    StorageFull,
    StorageUnavailable,
)

Node = dict[str, Any]

_COMPONENT = "#/components/schemas/{name}"
_SENTENCE = re.compile(r"(.+?)\.(?:\s+(.*))?$", re.DOTALL)

TAGS = {
    "Identity": "Logging in. A token is the answer's header X-Subject-Token; it is sent as X-Auth-Token.",
    "Plug-ins": "The author's side: drafts, released versions, publishing. Changes answer the bare JSON value `true`.",
    "Basic plug-ins": "Plug-ins with an uploaded package: a zip with `plugin.yaml` or `plugin.json` at its root.",
    "Pipelines": "What a pipeline front end offers to its users.",
    "Publishers": "Under whose name plug-ins are released to everybody. An operator accepts or rejects them.",
    "Icons": "Pictures of plug-ins and publishers. They are shown to whoever may see the plug-in, never without credentials.",
    "Operators": "What the operators of the platform decide.",
    "Operation": "For whoever watches the service.",
}

_FORMS = {
    "upload_basic_plugin": "The package: a zip. The setting PLUGPORT_MAX_PACKAGE_BYTES is its limit.",
    "upload_plugin_icon": "A PNG, JPEG, WEBP or GIF of at most 1 MiB.",
    "upload_publisher_icon": "A PNG, JPEG, WEBP or GIF of at most 1 MiB.",
}
_SUBJECT = {"X-Subject-Token": "The token."}
_CAPPED = {CAPPED: "`true`: at least `total` entries match; a text search counts no further. Absent otherwise."}
_HEADERS = {
    "create_token": _SUBJECT,
    "show_token": _SUBJECT,
    "list_plugins": _CAPPED,
    "list_base_plugins_new_post": _CAPPED,
    "list_stage_plugins": {CUT: "`true`: a category has more plug-ins than were answered. Absent otherwise."},
    "show_icon": {
        "ETag": "Names the bytes; an icon never changes under its key.",
        "Cache-Control": "The client may keep the icon.",
        "X-Content-Type-Options": "`nosniff`",
        "Content-Security-Policy": "Nothing in the picture runs.",
    },
}
_REFUSAL_HEADERS = {
    Kind.UNAUTHENTICATED: {"WWW-Authenticate": "The scheme of signatures."},
    Kind.BUSY: {"Retry-After": "Seconds to wait before the next attempt."},
}
_PATHS = {
    "domain_id": "The caller's account (tenant).",
    "publisher_id": "The publisher.",
}
_REQUEST_ID = "X-Request-Id"


def finished(app: Litestar) -> Node:
    """The document of an application; the same for the same routes and settings."""
    document = app.openapi_schema.to_schema()
    handlers = {handler.operation_id: handler for handler in _handlers(app)}
    for path, item in document["paths"].items():
        for operation in item.values():
            _finish(path, operation, handlers[operation["operationId"]])
    components = document["components"]
    components["headers"] = {
        _REQUEST_ID: _header("Names this request in the service's log and audit; quote it to the operator.")
    }
    components["responses"] = _shared_responses(document["paths"])
    components["schemas"] = _referenced(document, components["schemas"] | _structs())
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    return _plain(document)  # type: ignore[no-any-return]


def _handlers(app: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from route.route_handlers


# --- one operation -------------------------------------------------------------------------------------------------


def _finish(path: str, operation: Node, handler: HTTPRouteHandler) -> None:
    id = operation["operationId"]
    _tell(operation, handler)
    if handler.opt.get("public"):
        operation["security"] = []
    if id in _FORMS:
        operation["requestBody"] = _form(_FORMS[id])
    elif "requestBody" in operation:
        operation["requestBody"] = _body(handler)
    for parameter in operation.get("parameters", []):
        parameter.setdefault("description", _PATHS.get(parameter["name"], ""))
        parameter["schema"].pop("description", None)
    for status, response in operation["responses"].items():
        response["description"] = HTTPStatus(int(status)).phrase
        if int(status) < 300 and handler.fn.__annotations__.get("return") is bool:
            response["content"]["application/json"]["schema"] = {"type": "boolean", "const": True}
        response["headers"] = {name: _header(text) for name, text in _HEADERS.get(id, {}).items()}
    _refuse(path, operation, handler)
    for response in operation["responses"].values():
        response.setdefault("headers", {})[_REQUEST_ID] = {"$ref": f"#/components/headers/{_REQUEST_ID}"}
    _exemplify(operation, _examples().get(id, {}))


def _tell(operation: Node, handler: HTTPRouteHandler) -> None:
    """The first sentence of the handler's docstring, the rest of it, and who may."""
    told = cleandoc(handler.fn.__doc__ or "")
    sentence = _SENTENCE.match(told)
    first, rest = sentence.groups(default="") if sentence else (told, "")
    operation["summary"] = first.replace("\n", " ")
    row = handler.opt.get("operation")
    who = f"For the roles {', '.join(sorted(PERMISSIONS[row]))}." if row else "For everybody."
    operation["description"] = "\n\n".join(each for each in (rest.strip(), who) if each)


def _form(description: str) -> Node:
    file = {"type": "string", "format": "binary", "description": description}
    form = {"type": "object", "required": ["upload_file"], "properties": {"upload_file": file}}
    return {"required": True, "content": {"multipart/form-data": {"schema": form}}}


def _body(handler: HTTPRouteHandler) -> Node:
    field = handler.parsed_fn_signature.parameters["data"]
    [schema], _ = msgspec.json.schema_components([field.raw], ref_template=_COMPONENT)
    wanted = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    schema = wanted[0] if len(wanted) == 1 else schema  # a body that may be null may be absent
    return {"required": not field.is_optional, "content": {"application/json": {"schema": schema}}}


def _refuse(path: str, operation: Node, handler: HTTPRouteHandler) -> None:
    answers: Node = operation["responses"]
    answers.pop("400", None)  # Litestar's own, which nobody is ever sent
    by_status: dict[int, list[RegistryError]] = {}
    for kind in dict.fromkeys((*_common(operation, handler), *REFUSALS[operation["operationId"]])):
        refusal = _blank(kind)
        by_status.setdefault(status_of(refusal), []).append(refusal)
    for status, refusals in sorted(by_status.items()):
        if str(status) in answers:
            continue
        answer: Node = {"description": "\n".join(f"- `{each.code}` {each}" for each in refusals)}
        if headers := _REFUSAL_HEADERS.get(refusals[0].kind):
            answer["headers"] = {name: _header(text) for name, text in headers.items()}
        if "HEAD" not in handler.http_methods:
            bodies = {each.code: envelope(path, each) for each in refusals}
            answer["content"] = {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{type(next(iter(bodies.values()))).__name__}"},
                    "examples": {code: {"value": msgspec.to_builtins(body)} for code, body in bodies.items()},
                }
            }
        answers[str(status)] = answer


def _common(operation: Node, handler: HTTPRouteHandler) -> Iterator[type[RegistryError]]:
    """What any operation of this form may be refused with."""
    yield InvalidField
    if any(each.get("required") and each["in"] != "path" for each in operation.get("parameters", [])):
        yield MissingField
    if "requestBody" in operation:
        yield from (MalformedBody, MissingField, BodyInterrupted, BodyTooLarge)
    if operation["operationId"] in _FORMS:
        yield from (StorageUnavailable, StorageFull, BytesDamaged)
    if not handler.opt.get("public"):
        yield from (NotAuthenticated, OperationNotAllowed, NotYourTenant)
    if not handler.opt.get("public") or "registry" in handler.parsed_fn_signature.parameters:
        yield ServiceBusy


def _blank(kind: type[RegistryError]) -> RegistryError:
    """A refusal of this kind in which the facts stand as their names."""
    names = [name for _, name, _, _ in Formatter().parse(kind.sentence) if name]
    return kind(**{name: f"{{{name}}}" for name in names})


def _header(description: str) -> Node:
    return {"description": description, "schema": {"type": "string"}}


def _exemplify(operation: Node, example: Node) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] in example.get("parameters", {}):
            parameter["example"] = example["parameters"][parameter["name"]]
    if "request" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["request"]
    if "response" in example:
        good = min(operation["responses"])
        for content in operation["responses"][good]["content"].values():
            content["example"] = example["response"]


def _examples() -> Node:
    """The examples of all surfaces by operation: `parameters`, `request` and `response`."""
    found: Node = {}
    for file in resources.files("schemas").joinpath("examples").iterdir():
        found |= json.loads(file.read_bytes())
    return found


# --- the whole -----------------------------------------------------------------------------------------------------


def _shared_responses(paths: Node) -> Node:
    """Puts references in place of the refusals that most operations have alike; answers those by name."""
    alike: dict[tuple[str, str], list[Node]] = {}
    for item in paths.values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and "application/json" in response.get("content", {}):
                    (name,) = {*_references(response)}
                    alike.setdefault((f"{name}-{status}", json.dumps(response)), []).append(response)
    shared: Node = {}
    for (name, _), responses in sorted(alike.items(), key=lambda each: -len(each[1])):
        if len(responses) > 1 and name not in shared:
            shared[name] = dict(responses[0])
            for response in responses:
                response.clear()
                response["$ref"] = f"#/components/responses/{name}"
    return dict(sorted(shared.items()))


def _structs() -> Node:
    """Every message as msgspec, which reads and writes it, describes it."""
    kinds = [Wire]
    for each in kinds:
        kinds += each.__subclasses__()
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_COMPONENT)
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
    return schemas


def _referenced(document: Node, schemas: Node) -> Node:
    """The schemas that the paths refer to, and those that these refer to, by name."""
    found: Node = {}
    new = {*_references(document["paths"]), *_references(document["components"]["responses"])}
    while new:
        found |= {name: schemas[name] for name in new}
        new = {name for each in new for name in _references(schemas[each])} - found.keys()
    return dict(sorted(found.items()))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/components/schemas/"):
            yield reference.rpartition("/")[2]
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def _plain(node: Any) -> Any:
    """Without what says nothing: flags that are false anyway, empty lists of headers, and the `.0` of whole numbers."""
    if isinstance(node, dict):
        return {
            name: _plain(value)
            for name, value in node.items()
            if not (name in ("deprecated", "allowEmptyValue", "allowReserved") and value is False)
        }
    if isinstance(node, list):
        return [_plain(each) for each in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node
