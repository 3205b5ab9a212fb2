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
from schemas.wire.fileservice_v2 import ChunkForm

Node = dict[str, Any]

_COMPONENT = "#/components/schemas/{name}"
_SENTENCE = re.compile(r"(.+?)\.(?:\s+(.*))?$", re.DOTALL)

TAGS = {
    "Identity": "Logging in. A token is the answer's header X-Subject-Token; it is sent as X-Auth-Token.",
    "Plug-ins": "The author's side: drafts, released versions, publishing. Changes answer the bare JSON value `true`.",
    "Basic plug-ins": "Plug-ins with an uploaded package: a zip with `plugin.yaml` or `plugin.json` at its root.",
    "Uploads": "Files in chunks: in any order, in parallel, again where a line was cut, verified chunk by chunk and as a whole.",
    "Pipelines": "What a pipeline front end offers to its users.",
    "Publishers": "Under whose name plug-ins are released to everybody. An operator accepts or rejects them. A publisher token "
    "is a credential for one of them; secret scanners find it by `\\bpp_pub_[0-9A-Za-z]{46}\\b`.",
    "Marketplace": "Extensions of IDEs: found, uploaded, checked, published, rated. Bodies and answers are those of CodeArts IDE "
    "Online.",
    "Contracts": "What versions of plug-ins take and give: typed, with conditions, and values judged by it. A value of a secret "
    "is never answered.",
    "Downloads": "Packages of released versions and of extensions, byte for byte, each piece checked before it is sent.",
    "Quality gates": "Rules over the metrics that plug-ins declare, the sets in which accounts and projects apply them, and "
    "verdicts about runs. Names and shapes are those of CodeArts Pipeline; sets of projects and verdicts are ours.",
    "Icons": "Pictures of plug-ins and publishers. They are shown to whoever may see the plug-in, never without credentials.",
    "Audit": "Who changed what: a chain of entries for each account, in which an edit, a gap and a cut show.",
    "Notifications": "What users are told of in their inbox, and programs by webhooks: signed as Standard Webhooks 1.0 has it.",
    "Releases": "Where the releases of an account stand, why, and what their authors do about it: submit, withdraw, deprecate, "
    "yank, appeal.",
    "Reviews": "The desk: what waits for a person, what is different in it, and what was decided. For operators, and reviewers "
    "of the platform's own accounts.",
    "Operators": "What the operators of the platform decide.",
    "Operation": "For whoever watches the service.",
}

_FORMS = {
    "upload_basic_plugin": "The package: a zip. The setting PLUGPORT_MAX_PACKAGE_BYTES is its limit.",
    "upload_plugin_icon": "A PNG, JPEG, WEBP or GIF of at most 1 MiB.",
    "upload_publisher_icon": "A PNG, JPEG, WEBP or GIF of at most 1 MiB.",
    "upload_file_publisher": "The bytes of the chunk; the last part of the form.",
    "upload_extension_file": "The package: a VSIX. The setting PLUGPORT_MAX_PACKAGE_BYTES is its limit.",
}
_FORM_TEXTS: dict[str, tuple[str, type[Wire] | None]] = {
    "upload_file_publisher": ("file", ChunkForm),
    "upload_extension_file": ("file", None),
}
"""What the file part is called, and the texts before it, where that is not `upload_file` alone."""
_RAW = {"add_chunk": "The bytes of the chunk."}
_SUBJECT = {"X-Subject-Token": "The token."}
_CAPPED = {CAPPED: "`true`: at least `total` entries match; a text search counts no further. Absent otherwise."}
_CHECKED = {
    "ETag": "The SHA-256 of the package, in quotes; a released package never changes.",
    "Repr-Digest": "The SHA-256 of the whole package as RFC 9530 writes it.",
    "Cache-Control": "Whether the client may keep the answer.",
    "X-Content-Type-Options": "`nosniff`",
    "Content-Security-Policy": "Nothing in the package is shown or runs.",
    "Accept-Ranges": "`bytes`",
    "Content-Length": "How many bytes follow, or would.",
    "Content-Disposition": "The name of the file.",
}
_PUBLISHED = {
    "ETag": "The SHA-256 of the file, in quotes.",
    "Cache-Control": "How long the client may keep it without asking.",
    "X-Content-Type-Options": "`nosniff`",
}
_SENT = {
    **_CHECKED,
    "Content-Range": "Which bytes these are, of how many.",
    "Content-Digest": "The SHA-256 of the package, where all of it is sent.",
    "Location": "Where the store gives the package, for a minute.",
}
_STATUSES = {
    "X-Content-Type-Options": {200, 206, 304},
    "Content-Security-Policy": {200, 206, 304},
    "Accept-Ranges": {200, 206, 304},
    "Content-Length": {200, 206},
    "Content-Disposition": {200, 206},
    "Content-Range": {206},
    "Content-Digest": {200, 206},
    "Location": {307},
}
"""Of headers that not every good answer of their operation has: those that do."""
_HEADERS = {
    "create_token": _SUBJECT,
    "show_token": _SUBJECT,
    "list_plugins": _CAPPED,
    "list_base_plugins_new_post": _CAPPED,
    "list_stage_plugins": {CUT: "`true`: a category has more plug-ins than were answered. Absent otherwise."},
    "create_publisher_token": {"Cache-Control": "`no-store`"},
    "create_webhook": {"Cache-Control": "`no-store`"},
    "renew_webhook_secret": {"Cache-Control": "`no-store`"},
    "show_conditions_script": _PUBLISHED,
    "show_contract_meta_schema": _PUBLISHED,
    "show_contract_page": _PUBLISHED,
    "download_package": _SENT,
    "download_package_by_digest": _SENT,
    "check_package": _CHECKED,
    "check_package_by_digest": _CHECKED,
    "download_extension": _SENT,
    "check_extension": _CHECKED,
    "show_task_icon": {
        "ETag": "The SHA-256 of the icon, in quotes.",
        "Repr-Digest": "The SHA-256 of the icon as RFC 9530 writes it.",
        "Cache-Control": "Whether the client may keep the icon.",
        "X-Content-Type-Options": "`nosniff`",
        "Content-Security-Policy": "Nothing in the picture runs.",
        "Content-Length": "How many bytes follow.",
        "Content-Disposition": "`inline`, or `attachment` for what browsers do not show.",
    },
    "show_icon": {
        "ETag": "Names the bytes; an icon never changes under its key.",
        "Cache-Control": "The client may keep the icon.",
        "X-Content-Type-Options": "`nosniff`",
        "Content-Security-Policy": "Nothing in the picture runs.",
    },
}
_REFUSAL_HEADERS = {
    Kind.UNAUTHENTICATED: {"WWW-Authenticate": "The scheme of signatures."},
    Kind.UNSATISFIABLE: {"Content-Range": "`bytes */` and the size of the whole."},
    Kind.BUSY: {"Retry-After": "Seconds to wait before the next attempt."},
    Kind.LIMITED: {"Retry-After": "Seconds to wait before the next attempt."},
}
_PATHS = {
    "domain_id": "The caller's account (tenant).",
    "plugin_name": "The plug-in: the own one of that name, else the one that everybody sees.",
    "version": "The number of a version.",
    "publisher": "The English name of a publisher, in any case.",
    "name": "The name of an extension, in any case.",
    "target_platform": "What the package is made for: `universal`, or one of VS Code's names such as `linux-x64`.",
    "asset": "`package`, or a file of it: `icon`, `readme`, `changelog`, `license`, `manifest`, `vsixmanifest`.",
    "sha256": "The SHA-256 of a package, 64 lower-case hexadecimal digits.",
    "publisher_id": "The publisher.",
    "user_id": "The user.",
    "invitation_id": "The invitation, or the offer to hand a publisher over.",
    "token_id": "The publisher token, by its id.",
    "version_id": "The version of an extension, by its id.",
    "report_id": "The report, by its number.",
    "notification_id": "What was told, by its number.",
    "webhook_id": "The webhook.",
    "release_id": "The release: the id of the version of the plug-in or of the extension.",
    "review_id": "The review.",
    "delivery_id": "The delivery: `webhook-id` of what was sent.",
    "project_id": "A project of the caller's account.",
    "rule_id": "The rule, by its id.",
    "rule_set_id": "The rule set or open-source policy, by its id.",
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
    if handler.opt.get("publisher_token"):
        operation["security"] = [{"token": []}, {"signature": []}, {"publisher-token": []}]
    if id in _FORMS:
        operation["requestBody"] = _form(id)
    elif id in _RAW:
        operation["requestBody"] = _raw(_RAW[id])
    elif "requestBody" in operation:
        operation["requestBody"] = _body(handler)
    for parameter in operation.get("parameters", []):
        parameter.setdefault("description", _PATHS.get(parameter["name"], ""))
        parameter["schema"].pop("description", None)
        parameter["schema"] = _not_null(parameter["schema"])
    for status, response in operation["responses"].items():
        response["description"] = HTTPStatus(int(status)).phrase
        if int(status) < 300 and handler.fn.__annotations__.get("return") is bool:
            response["content"]["application/json"]["schema"] = {"type": "boolean", "const": True}
        response["headers"] = {
            name: _header(text)
            for name, text in _HEADERS.get(id, {}).items()
            if int(status) in _STATUSES.get(name, {int(status)})
        }
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
    if handler.opt.get("publisher_token"):
        who += " A publisher token is taken, too."
    operation["description"] = "\n\n".join(each for each in (rest.strip(), who) if each)


def _form(id: str) -> Node:
    file = {"type": "string", "format": "binary", "description": _FORMS[id]}
    name, texts = _FORM_TEXTS.get(id, ("upload_file", None))
    form: Node = {"type": "object", "required": [], "properties": {}}
    if texts is not None:
        told = msgspec.json.schema_components([texts])[1][texts.__name__]
        form["required"] = told["required"]
        form["properties"] = {name: _not_null(schema) for name, schema in told["properties"].items()}
    form["required"].append(name)
    form["properties"][name] = file
    return {"required": True, "content": {"multipart/form-data": {"schema": form}}}


def _raw(description: str) -> Node:
    body = {"type": "string", "format": "binary"}
    return {"required": True, "description": description, "content": {"application/octet-stream": {"schema": body}}}


def _body(handler: HTTPRouteHandler) -> Node:
    field = handler.parsed_fn_signature.parameters["data"]
    [schema], _ = msgspec.json.schema_components([field.raw], ref_template=_COMPONENT)
    content = {"application/json": {"schema": _not_null(schema)}}  # a body that may be null may be absent
    return {"required": not field.is_optional, "content": content}


def _not_null(schema: Node) -> Node:
    """The schema of something that may be absent instead of being null."""
    choice = "oneOf" if "oneOf" in schema else "anyOf"
    wanted: list[Node] = [each for each in schema.get(choice, []) if each != {"type": "null"}]
    if len(wanted) != 1:
        return schema
    return wanted[0] | {name: value for name, value in schema.items() if name not in (choice, "default")}


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
        yield MalformedBody
        if operation["operationId"] not in _RAW:
            yield MissingField
        yield from (BodyInterrupted, BodyTooLarge)
    if operation["operationId"] in _FORMS | _RAW:
        yield from (StorageUnavailable, StorageFull)
    if not handler.opt.get("public"):
        yield from (NotAuthenticated, OperationNotAllowed, NotYourTenant)
    if not handler.opt.get("public") or "registry" in handler.parsed_fn_signature.parameters:
        yield ServiceBusy


def _blank(kind: type[RegistryError]) -> RegistryError:
    """A refusal of this kind in which the facts stand as their names."""
    names = [name for _, name, _, _ in Formatter().parse(kind.sentence) if name]
    refusal = kind.__new__(kind)
    RegistryError.__init__(refusal, **{name: f"{{{name}}}" for name in names})  # some take their facts in another form
    return refusal


def _header(description: str) -> Node:
    return {"description": description, "schema": {"type": "string"}}


def _exemplify(operation: Node, example: Node) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] in example.get("parameters", {}):
            parameter["example"] = example["parameters"][parameter["name"]]
    if "request" in example:
        for content in operation["requestBody"]["content"].values():
            content["example"] = example["request"]
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
