"""Our words for contracts as they go over the wire."""

from functools import cache
from hashlib import sha256
from importlib import resources

import msgspec
from litestar import Response

from app.api.moments import to_moment
from app.api.plugin_words import to_inputs_written, to_metrics_written, to_outputs_written
from schemas.errors import ContractRefused, UnknownPath
from schemas.model.contracts import (
    AskedPart,
    AskedValues,
    Definition,
    Input,
    Judgement,
    Metric,
    NotDerived,
    Output,
    Override,
    VersionContract,
    VersionDifference,
    Written,
)
from schemas.model.packages import Deprecation, Texts
from schemas.wire import contracts_v1 as wire
from schemas.wire.plugin_shapes import InputDeprecation

_PAGES = {
    "difference": ("difference.html", "text/html"),
    "difference.js": ("difference.js", "text/javascript; charset=utf-8"),
    "difference.css": ("difference.css", "text/css; charset=utf-8"),
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)

# --- in -----------------------------------------------------------------------------------------------------------------


def to_written(request: wire.ContractRequest) -> Written:
    """A contract that is tried. Raises `ContractRefused` where the inputs are written twice."""
    if request.input_schema is not None and request.input_info:
        problem = "Inputs are written as a list or as JSON Schema, not as both"
        raise ContractRefused("input_schema", pointer="/input_schema", problem=problem)
    return Written(
        inputs=to_inputs_written(request.input_info) or [],
        input_schema=request.input_schema,
        outputs=to_outputs_written(request.output_info) or [],
        metrics=to_metrics_written(request.metrics) or [],
    )


def to_asked(asked: wire.AskedValues) -> AskedValues:
    """Values for a version."""
    return AskedValues(plugin_name=asked.plugin_name, version=asked.version or None, values=asked.values)


def to_part(part: wire.AskedPart) -> AskedPart:
    """An end of a wire."""
    return AskedPart(plugin_name=part.plugin_name, version=part.version or None, name=part.name)


# --- out ----------------------------------------------------------------------------------------------------------------


def to_version_contract(contract: VersionContract) -> wire.VersionContract:
    """The contract of a version."""
    told = to_contract(contract.definition)
    fields = {name: getattr(told, name) for name in told.__struct_fields__}
    return wire.VersionContract(plugin_name=contract.plugin_name, version=contract.version, **fields)


def to_contract(definition: Definition) -> wire.Contract:
    """A contract in both forms, and as it is meant."""
    return wire.Contract(
        form=definition.form,
        inputs=[_input(each) for each in definition.inputs],
        outputs=[_value(each.name, each) for each in definition.outputs],
        metrics=[_value(each.key, each) for each in definition.metrics],
        schema=definition.schema,
        input_list=[
            {name: value for name, value in msgspec.to_builtins(each).items() if value is not None}
            for each in definition.input_list
        ],
        input_schema=definition.input_schema,
        not_derived=[to_lost(each) for each in definition.not_derived],
    )


def _input(read: Input) -> wire.InputTold:
    return wire.InputTold(
        name=read.name,
        type=read.type.value,
        required=read.required,
        default=read.default,
        labels=_texts(read.labels),
        helps=_texts(read.helps),
        group=read.group,
        order=read.order,
        options=None
        if read.options is None
        else [wire.OptionTold(value=each.value, labels=_texts(each.labels)) for each in read.options],
        visible_when=read.visible_when,
        disabled_when=read.disabled_when,
        deprecated=None if read.deprecated is None else _deprecation(read.deprecated),
        aliases=read.aliases,
    )


def _value(name: str, value: Output | Metric) -> wire.ValueTold:
    return wire.ValueTold(
        name=name, schema=value.schema, description=value.description, unit=value.unit, better=value.better
    )


def _texts(texts: Texts) -> wire.TextsTold:
    return wire.TextsTold(zh=texts.zh, en=texts.en)


def _deprecation(deprecation: Deprecation) -> InputDeprecation:
    return InputDeprecation(replacement=deprecation.replacement, removal_version=deprecation.removal_version)


def to_lost(lost: NotDerived) -> wire.LostTold:
    """A place in a contract, and what is to be said of it."""
    return wire.LostTold(pointer=lost.pointer, problem=lost.problem)


def to_judged(judgement: Judgement) -> wire.Judged:
    """What was found of values."""
    return wire.Judged(
        valid=judgement.valid,
        errors=[
            wire.FaultTold(pointer=each.pointer, rule=each.rule, message=each.message) for each in judgement.errors
        ],
        values=judgement.values,
        states=[
            wire.StateTold(name=each.name, visible=each.visible, enabled=each.enabled) for each in judgement.states
        ],
    )


def to_difference(told: VersionDifference) -> wire.VersionDifference:
    """What a version changes."""
    return wire.VersionDifference(
        plugin_name=told.plugin_name,
        version=told.version,
        before=told.before,
        effect=told.comparison.effect.value,
        differences=[
            wire.DifferenceTold(
                effect=each.effect.value,
                rule=each.rule,
                pointer=each.pointer,
                reason=each.reason,
                example=each.example,
            )
            for each in told.comparison.differences
        ],
        least_version=told.least,
        promise_kept=told.kept,
        allowance=None if told.override is None else _allowance(told.override),
    )


def _allowance(override: Override) -> wire.AllowanceTold:
    return wire.AllowanceTold(
        reason=override.reason, given_by=override.given_by_name, given_at=to_moment(override.given_at)
    )


def published(name: str, media_type: str, if_none_match: str) -> Response[bytes]:
    """A file of `schemas/published`, which browsers keep and ask for anew."""
    return _sent("schemas", f"published/{name}", media_type, if_none_match)


def page(name: str, if_none_match: str) -> Response[bytes]:
    """A page for people, or its script or style. Raises `UnknownPath` for what is none."""
    if name not in _PAGES:
        raise UnknownPath
    file, media_type = _PAGES[name]
    return _sent(__package__, f"pages/{file}", media_type, if_none_match)


def _sent(package: str, path: str, media_type: str, if_none_match: str) -> Response[bytes]:
    content, etag = _read(package, path)
    headers = {"ETag": etag, "Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
    headers |= {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    known = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    if "*" in known or etag in known:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


@cache
def _read(package: str, path: str) -> tuple[bytes, str]:
    content = resources.files(package).joinpath(path).read_bytes()
    return content, f'"{sha256(content).hexdigest()}"'
