"""The operations as our own OpenAPI document tells of them, and what every refusal must be."""

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx
import jsonschema

from tests.program import REPOSITORY

# As it is published; that it is the document of this very program is shown in tests/surfaces/openapi.
DOCUMENT: dict[str, Any] = json.loads((REPOSITORY / "schemas/published/openapi.json").read_text(encoding="utf-8"))
Node = dict[str, Any]

# What would tell a stranger how we are made.
_LEAKS = re.compile(
    r"Traceback|File \"|asyncpg|msgspec|litestar|SELECT |INSERT |UPDATE |\.py\b|/tmp/|plugport_app", re.I
)


def filled(path: str, domain_id: str, project_id: str | None = None) -> str:
    """The path for this account, and for a project of its. Whatever else it names is not there."""
    ours = {"domain_id": domain_id, "project_id": project_id}
    return re.sub(r"\{(\w+)\}", lambda found: ours.get(found[1]) or "0" * 32, path)


@dataclass(frozen=True)
class Described:
    """One operation. `body` is the schema of its JSON body, `example` the body that the document shows."""

    id: str
    method: str
    path: str
    parameters: list[Node]
    body: Node | None
    body_required: bool
    example: Any
    form: bool

    def url(self, domain_id: str, project_id: str | None = None) -> str:
        """The path for this account and project; whatever else it names is not there."""
        return filled(self.path, domain_id, project_id)

    @property
    def queries(self) -> list[Node]:
        """The parameters that stand in the query."""
        return [each for each in self.parameters if each["in"] == "query"]

    def sample_query(self) -> dict[str, Any]:
        """A good value for each parameter that is required."""
        return {each["name"]: sample(each["schema"]) for each in self.queries if each.get("required")}


def _described(path: str, method: str, operation: Node) -> Described:
    body = operation.get("requestBody", {})
    content = body.get("content", {}).get("application/json", {})
    return Described(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        parameters=operation.get("parameters", []),
        body=content.get("schema"),
        body_required=body.get("required", False),
        example=content.get("example"),
        form="multipart/form-data" in body.get("content", {}),
    )


OPERATIONS = [
    _described(path, method, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
WITH_JSON = [each for each in OPERATIONS if each.body is not None]
BODIES = list({json.dumps(each.body): each for each in WITH_JSON}.values())
"""One operation for each kind of body."""
WITH_QUERY = [each for each in OPERATIONS if each.queries]
WITH_FORM = [each for each in OPERATIONS if each.form]


def refusal(answer: httpx.Response, *statuses: int) -> dict[str, str]:
    """The body of a refusal, which is well-formed, tells who to ask, and gives nothing away."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:500]}"
    assert not statuses or answer.status_code in statuses, f"{answer.status_code} {answer.text[:500]}"
    assert answer.headers["content-type"] == "application/json"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    told: dict[str, str] = answer.json()
    assert re.fullmatch(r"PLUGPORT\.\d{8}", told["error_code"])
    assert told["error_msg"]
    assert not _LEAKS.search(answer.text), answer.text
    return told


def survived(answer: httpx.Response) -> httpx.Response:
    """The answer, which is a good one or a refusal, and no fault of ours."""
    if answer.status_code >= 400:
        refusal(answer)
    return answer


def resolved(schema: Node) -> Node:
    """A schema, followed to what it refers to; of one that may be null, the other."""
    if "$ref" in schema:
        return resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for choice in ("anyOf", "oneOf"):
        others = [each for each in schema.get(choice, []) if each != {"type": "null"}]
        if others:
            return resolved(others[-1])
    return schema


def fits(schema: Node, value: Any) -> bool:
    """Whether a value is of a schema."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return bool(jsonschema.Draft202012Validator(whole).is_valid(value))


def sample(schema: Node) -> Any:
    """The least value of a schema: required fields only."""
    schema = resolved(schema)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: sample(schema["properties"][name]) for name in schema.get("required", [])}
    if schema.get("type") == "array":
        return [sample(schema["items"])] * schema.get("minItems", 0)
    if schema.get("type") == "integer":
        return schema.get("minimum", 0)
    return "a"


def fields(schema: Node, example: Any, around: Any = None, depth: int = 4) -> list[tuple[str, Node, Any]]:
    """Every field of a body: its name, its schema, and a function from a value to a whole body that holds it there.

    The rest of the body is as the example has it.
    """
    around = around or (lambda value: value)
    whole = resolved(schema)
    found: list[tuple[str, Node, Any]] = []
    if depth == 0:
        return found
    if whole.get("type") == "array":
        first = example[0] if isinstance(example, list) and example else None
        return fields(whole["items"], first, lambda value: around([value]), depth)
    base = {**sample(whole), **example} if isinstance(example, dict) else sample(whole)
    for name, field in whole.get("properties", {}).items():

        def body(value: Any, name: str = name) -> Any:
            return around({**base, name: value})

        found.append((name, field, body))
        found += fields(field, base.get(name), body, depth - 1)
    return found
