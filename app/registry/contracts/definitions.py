"""The two forms in which an author writes what a plug-in takes, and the one that they mean. Pure.

The list is the contract's own form (`plugin-input`, `extension/detail`); what it lacks stands in further fields. The other
form is a JSON Schema of 2020-12, in which the keyword `x-plugport` says what JSON Schema has no word for. Each is derived into
the other; of a list nothing is lost but what `not_derived` names, which are patterns of numbers.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from schemas.model.contracts import (
    Definition,
    Input,
    InputType,
    Metric,
    NotDerived,
    Option,
    Output,
    Rules,
    Written,
)
from schemas.model.packages import (
    Deprecation,
    ExtendProp,
    InputDefinition,
    MetricProperty,
    OutputDefinition,
    Texts,
    Validation,
)

EXTENSION = "x-plugport"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXTS = frozenset((InputType.TEXT, InputType.MULTI_LINE, InputType.SHELL, InputType.SECRET, InputType.FILE))
NUMBERS = frozenset((InputType.NUMBER, InputType.INTEGER))
CHOOSING = frozenset((InputType.CHOICE, InputType.CHOICES))
PATTERNED = TEXTS | NUMBERS | {InputType.CHOICE}

_TYPE_WORDS = {str(each): each for each in InputType} | {
    "text": InputType.TEXT,
    "string": InputType.TEXT,
    "multiline": InputType.MULTI_LINE,
    "multi_line": InputType.MULTI_LINE,
    "float": InputType.NUMBER,
    "int": InputType.INTEGER,
    "boolean": InputType.BOOLEAN,
    "bool": InputType.BOOLEAN,
    "checkbox": InputType.BOOLEAN,
    "choice": InputType.CHOICE,
    "radio": InputType.CHOICE,
    "multi_select": InputType.CHOICES,
    "choices": InputType.CHOICES,
    "secret": InputType.SECRET,
    "keyvalue": InputType.KEY_VALUES,
    "keyvalues": InputType.KEY_VALUES,
    "map": InputType.KEY_VALUES,
    "json": InputType.OBJECT,
}
_JSON_TYPES = {
    InputType.NUMBER: "number",
    InputType.INTEGER: "integer",
    InputType.BOOLEAN: "boolean",
    InputType.CHOICES: "array",
    InputType.KEY_VALUES: "object",
    InputType.OBJECT: "object",
}
_ANY_OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": True}
_VALUE_WORDS = {
    "string": "string",
    "text": "string",
    "input": "string",
    "number": "number",
    "float": "number",
    "integer": "integer",
    "int": "integer",
    "boolean": "boolean",
    "bool": "boolean",
    "array": "array",
    "list": "array",
    "object": "object",
    "json": "object",
}

# Keywords of a property's schema that the list has words for, whatever the type.
_ANNOTATIONS = frozenset((EXTENSION, "title", "description", "default", "deprecated", "type"))
_KEYWORDS = {
    **dict.fromkeys(TEXTS, frozenset(("pattern", "minLength", "maxLength"))),
    **dict.fromkeys(NUMBERS, frozenset(("minimum", "maximum"))),
    InputType.BOOLEAN: frozenset[str](),
    InputType.CHOICE: frozenset(("enum", "pattern", "minLength", "maxLength")),
    InputType.CHOICES: frozenset(("items", "uniqueItems")),
    InputType.KEY_VALUES: frozenset(("additionalProperties",)),
}
_ROOT_KEYWORDS = frozenset(
    ("$schema", "$id", "$comment", "type", "title", "description", "properties", "required", "additionalProperties")
)


class Problem(NamedTuple):
    """What stands against what an author wrote, and where: `pointer` is a JSON Pointer from `Written`."""

    pointer: str
    problem: str


Report = Callable[[str, str], None]
"""Takes a pointer and a problem."""


def define(written: Written, report: Report) -> Definition:
    """What an author's words mean. What has no meaning is told to `report`; the answer then is of no use."""
    if written.input_schema is None:
        inputs = [_from_list(f"/inputs/{place}", each, report) for place, each in enumerate(written.inputs)]
        lost = [
            NotDerived(pointer=f"{each.position}/validation/regex", problem="JSON Schema has no pattern of a number")
            for each in inputs
            if each.rules.pattern is not None and each.type in NUMBERS
        ]
        schema = _schema_of(inputs)
        input_list = written.inputs
        input_schema = {"$schema": DIALECT, **_annotated(schema, inputs, written.inputs)}
    else:
        lost = []
        input_schema = written.input_schema
        inputs = [
            _from_property(name, each, input_schema, lost, report)
            for name, each in _members(input_schema.get("properties"))
        ]
        lost += [
            NotDerived(pointer=f"/input_schema/{escaped(name)}", problem=f"The list form has no {name}")
            for name in input_schema
            if name not in _ROOT_KEYWORDS and name != "$defs"
        ]
        schema = _closed(input_schema, inputs)
        input_list = [
            _to_list(each, told if isinstance(told, dict) else {})
            for each, (_, told) in zip(inputs, _members(input_schema.get("properties")), strict=True)
        ]
    return Definition(
        form=written.form,
        inputs=inputs,
        outputs=[_output(f"/outputs/{place}", each, report) for place, each in enumerate(written.outputs)],
        metrics=[
            _metric(f"/metrics/{place}/properties/{number}", group.group_name, each, report)
            for place, group in enumerate(written.metrics)
            for number, each in enumerate(group.properties)
        ],
        schema=schema,
        input_list=input_list,
        input_schema=input_schema,
        not_derived=lost,
    )


def escaped(step: object) -> str:
    """A step of a JSON Pointer."""
    return str(step).replace("~", "~0").replace("/", "~1")


def pointer_of(steps: Any) -> str:
    """A JSON Pointer."""
    return "".join("/" + escaped(step) for step in steps)


def _members(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()


# --- from the list -----------------------------------------------------------------------------------------------------


def _from_list(at: str, said: InputDefinition, report: Report) -> Input:
    type_ = _type_of(said.type)
    if type_ is None:
        report(f"{at}/type", f"There is no type {said.type[:50]}; there are {', '.join(InputType)}")
        type_ = InputType.TEXT
    extend = said.extend_prop or ExtendProp()
    rules = _rules_of(at, type_, said.validation or Validation(), report)
    options = _options_of(at, type_, extend, report)
    visible = _json_of(f"{at}/extend_prop/visible_conditions", extend.visible_conditions, report)
    default = UNSET if said.default_value == "" else _default_of(at, type_, said.default_value, report)
    if said.value_schema is not None and type_ is not InputType.OBJECT:
        report(f"{at}/value_schema", f"Only an input of type {InputType.OBJECT} has a schema of its own")
    for keyword in (said.value_schema or {}).keys() & _ANNOTATIONS - {"type"}:
        report(f"{at}/value_schema/{keyword}", "This is said of the input itself, beside its schema")
    schema = _value_schema(type_, rules, options, said.value_schema)
    if said.required and visible is None and type_ in TEXTS:
        schema["minLength"] = max(1, rules.min_length or 0)  # an empty text is none, in a form
    read = Input(
        name=said.name,
        type=type_,
        schema=schema,
        default=default,
        required=said.required,
        rules=rules,
        options=options,
        visible_when=visible,
        disabled_when=_json_of(f"{at}/extend_prop/disabled_conditions", extend.disabled_conditions, report),
        labels=_texts(said.labels, said.label),
        helps=_texts(said.helps, said.description),
        group=said.group or "",
        order=said.order,
        deprecated=said.deprecated,
        aliases=said.aliases or [],
        position=at,
    )
    _annotate(read)
    return read


def _type_of(word: str) -> InputType | None:
    return _TYPE_WORDS.get(word.lower().replace("-", "_"))


def _texts(texts: Texts | None, text: str) -> Texts:
    texts = texts or Texts()
    return Texts(zh=texts.zh or text, en=texts.en or text)


def _rules_of(at: str, type_: InputType, said: Validation, report: Report) -> Rules:
    at += "/validation"
    if said.regex and type_ not in PATTERNED:
        report(f"{at}/regex", f"A pattern says nothing of the type {type_}")
    for name in ("min_length", "max_length"):
        if getattr(said, name) is not None and type_ not in TEXTS | {InputType.CHOICE}:
            report(f"{at}/{name}", f"A length says nothing of the type {type_}")
    for name in ("minimum", "maximum"):
        if getattr(said, name) is not None and type_ not in NUMBERS:
            report(f"{at}/{name}", f"A bound says nothing of the type {type_}")
    return Rules(
        pattern=said.regex or None,
        min_length=said.min_length,
        max_length=said.max_length,
        minimum=said.minimum,
        maximum=said.maximum,
        required_message=_texts(said.required_messages, said.required_message or ""),
        pattern_message=_texts(said.regex_messages, said.regex_message or ""),
    )


def _options_of(at: str, type_: InputType, extend: ExtendProp, report: Report) -> list[Option] | None:
    at += "/extend_prop/options"
    if type_ not in CHOOSING or not (extend.options or "").strip():
        if type_ in CHOOSING and not extend.api_type:
            report(at, "A choice needs options, or an api_type that fills it")
        return None
    told = _json_of(at, extend.options, report, list)
    found = [_option(each) for each in told or []]
    if told is None or not all(found):
        report(at, "Options are the JSON text of a list of texts, or of objects with a text `value`")
        return None
    values = [each.value for each in found if each]
    if len(set(values)) < len(values):
        report(at, "An option stands twice")
    return [each for each in found if each]


def _option(told: object) -> Option | None:
    if isinstance(told, str):
        return Option(value=told, labels=Texts(zh=told, en=told))
    if not isinstance(told, dict) or not isinstance(told.get("value"), str):
        return None
    label = told.get("label")
    labels = told.get("labels")
    try:
        texts = msgspec.convert({} if labels is None else labels, Texts)
    except msgspec.ValidationError:
        return None
    return Option(value=told["value"], labels=_texts(texts, label if isinstance(label, str) else told["value"]))


def _json_of(at: str, text: str | None, report: Report, kind: type = dict) -> Any:
    if text is None or not text.strip():
        return None
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        report(at, f"The JSON text of {'an object' if kind is dict else 'a list'} is needed")
        return None
    return value


def _no_number(constant: str) -> object:
    raise ValueError(constant)


def _default_of(at: str, type_: InputType, text: str, report: Report) -> Any:
    if type_ is InputType.SECRET:
        report(f"{at}/default_value", "A secret has no default: whoever may read the plug-in would know it")
        return UNSET
    value = read_text(type_, text)
    if value is UNSET:
        report(f"{at}/default_value", f"The JSON text of a value of type {type_} is needed")
    return value


def read_text(type_: InputType, text: str) -> Any:
    """The value that a text says for an input: of a text input itself, of others what it is as JSON. UNSET: none."""
    if type_ in TEXTS or type_ is InputType.CHOICE:
        return text
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return UNSET
    return UNSET if isinstance(value, float) and math.isinf(value) else value


def write_text(type_: InputType, value: object) -> str:
    """The text that says this value for an input."""
    if isinstance(value, str) and (type_ in TEXTS or type_ is InputType.CHOICE):
        return value
    return json.dumps(value, ensure_ascii=False)


def _value_schema(
    type_: InputType, rules: Rules, options: list[Option] | None, own: dict[str, Any] | None
) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _JSON_TYPES.get(type_, "string")}
    values = None if options is None else [each.value for each in options]
    if type_ in TEXTS | {InputType.CHOICE}:
        if values is not None:
            schema["enum"] = values
        _put(schema, minLength=rules.min_length, maxLength=rules.max_length, pattern=rules.pattern)
    elif type_ in NUMBERS:
        _put(schema, minimum=rules.minimum, maximum=rules.maximum)
    elif type_ is InputType.CHOICES:
        schema["items"] = {"type": "string"} if values is None else {"type": "string", "enum": values}
        schema["uniqueItems"] = True
    elif type_ is InputType.KEY_VALUES:
        schema["additionalProperties"] = {"type": "string"}
    elif type_ is InputType.OBJECT:
        schema = dict(_ANY_OBJECT if own is None else own)
    if type_ is InputType.SECRET:
        schema["writeOnly"] = True
    return schema


def _put(target: dict[str, Any], **values: object) -> None:
    target.update({name: value for name, value in values.items() if value is not None})


def _annotate(read: Input) -> None:
    if read.default is not UNSET:
        read.schema["default"] = read.default
    if read.deprecated is not None:
        read.schema["deprecated"] = True


# --- from the list to JSON Schema --------------------------------------------------------------------------------------


def _schema_of(inputs: list[Input]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {each.name: each.schema for each in inputs},
        "required": [each.name for each in inputs if each.required and not conditional(each)],
        "additionalProperties": False,
    }


def conditional(read: Input) -> bool:
    """Whether conditions decide that the input must be given: one that is hidden or cannot be edited need not be."""
    return read.visible_when is not None or read.disabled_when is not None


def _annotated(schema: dict[str, Any], inputs: list[Input], told: list[InputDefinition]) -> dict[str, Any]:
    """The schema with what the list says beyond it, under `x-plugport`, so that the list can be derived again."""
    properties = {
        each.name: _without_none({"title": said.label or None, "description": said.description or None})
        | each.schema
        | {EXTENSION: _extension(each, said)}
        for each, said in zip(inputs, told, strict=True)
    }
    return {**schema, "properties": properties}


def _extension(read: Input, said: InputDefinition) -> dict[str, Any]:
    extend, validation = said.extend_prop, said.validation
    found: dict[str, Any] = {"type": read.type.value, "required": said.required}
    if read.type.value != said.type:
        found["word"] = said.type
    if "minLength" in read.schema and read.schema["minLength"] != read.rules.min_length:
        found["min_length"] = read.rules.min_length
    if read.type in NUMBERS:
        _put(found, regex=read.rules.pattern)
    _put(
        found,
        visible_when=read.visible_when,
        disabled_when=read.disabled_when,
        layout_content=said.layout_content,
        front_data_prop=said.front_data_prop,
        group=said.group,
        order=said.order,
        aliases=said.aliases,
        labels=_builtin(said.labels),
        helps=_builtin(said.helps),
        deprecated=_builtin(said.deprecated),
    )
    if said.default_value and read.default is not UNSET and write_text(read.type, read.default) != said.default_value:
        found["default_text"] = said.default_value
    if validation is not None:
        _put(
            found,
            required_message=validation.required_message,
            regex_message=validation.regex_message,
            required_messages=_builtin(validation.required_messages),
            regex_messages=_builtin(validation.regex_messages),
        )
        found["validation"] = True
    if extend is not None:
        _put(
            found,
            options=extend.options,
            api_type=extend.api_type,
            api_options=extend.api_options,
            show_placeholder=extend.show_placeholder,
        )
        # The texts as they were written: another spacing is another text.
        for name, condition in (("visible", read.visible_when), ("disabled", read.disabled_when)):
            text = getattr(extend, f"{name}_conditions")
            if text is not None and text != (None if condition is None else _compact(condition)):
                found[f"{name}_conditions"] = text
        found["extend_prop"] = True
    return found


def _builtin(value: Any) -> Any:
    return None if value is None else msgspec.to_builtins(value)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- from JSON Schema --------------------------------------------------------------------------------------------------


class Extension(msgspec.Struct, forbid_unknown_fields=True):
    """What stands under `x-plugport` in the schema of an input."""

    type: str | None = None
    required: bool | None = None
    word: str | None = None
    min_length: int | msgspec.UnsetType | None = UNSET
    regex: str | None = None
    visible_when: dict[str, Any] | None = None
    disabled_when: dict[str, Any] | None = None
    visible_conditions: str | None = None
    disabled_conditions: str | None = None
    layout_content: str | None = None
    front_data_prop: str | None = None
    group: str | None = None
    order: int | None = None
    aliases: list[str] | None = None
    labels: Texts | None = None
    helps: Texts | None = None
    deprecated: Deprecation | None = None
    default_text: str | None = None
    required_message: str | None = None
    regex_message: str | None = None
    required_messages: Texts | None = None
    regex_messages: Texts | None = None
    options: str | list[str | dict[str, Any]] | None = None
    api_type: str | None = None
    api_options: str | None = None
    show_placeholder: str | None = None
    validation: bool = False
    extend_prop: bool = False


def _from_property(name: str, told: Any, root: dict[str, Any], lost: list[NotDerived], report: Report) -> Input:
    at = f"/input_schema/properties/{escaped(name)}"
    if not isinstance(told, dict):
        if told is not True:
            report(at, "An input that takes no value cannot be given")
        told = {}
    extension = _read_extension(f"{at}/{EXTENSION}", told, report)
    type_ = _type_in(at, told, extension, report)
    known = _KEYWORDS.get(type_)
    lost += [
        NotDerived(pointer=f"{at}/{escaped(keyword)}", problem=f"The list form has no {keyword} for this")
        for keyword in told
        if known is not None
        and keyword not in known | _ANNOTATIONS
        and not (keyword == "writeOnly" and type_ is InputType.SECRET)
    ]
    if known is None and "$ref" in json.dumps(told):
        lost.append(NotDerived(pointer=at, problem="The list form has no definitions to refer to"))
    options = _options_in(told, extension)
    rules = Rules(
        pattern=told.get("pattern") or extension.regex,
        min_length=told.get("minLength") if extension.min_length is UNSET else extension.min_length,
        max_length=told.get("maxLength"),
        minimum=told.get("minimum"),
        maximum=told.get("maximum"),
        required_message=_texts(extension.required_messages, extension.required_message or ""),
        pattern_message=_texts(extension.regex_messages, extension.regex_message or ""),
    )
    if type_ is InputType.SECRET:
        for keyword in ("default", "examples", "enum", "const"):
            if keyword in told:
                report(f"{at}/{keyword}", "A secret has no default and no known values")
    required = root.get("required")
    title, description = (
        told.get(each) if isinstance(told.get(each), str) else "" for each in ("title", "description")
    )
    return Input(
        name=name,
        type=type_,
        schema=told,
        default=told.get("default", UNSET),
        required=(isinstance(required, list) and name in required) or bool(extension.required),
        rules=rules,
        options=options,
        visible_when=extension.visible_when,
        disabled_when=extension.disabled_when,
        labels=_texts(extension.labels, title or ""),
        helps=_texts(extension.helps, description or ""),
        group=extension.group or "",
        order=extension.order,
        deprecated=extension.deprecated or (Deprecation() if told.get("deprecated") is True else None),
        aliases=extension.aliases or [],
        position=at,
    )


def _read_extension(at: str, told: dict[str, Any], report: Report) -> Extension:
    if EXTENSION in told:
        try:
            return msgspec.convert(told[EXTENSION], Extension)
        except msgspec.ValidationError as error:
            report(at, str(error))
    return Extension()


def _type_in(at: str, told: dict[str, Any], extension: Extension, report: Report) -> InputType:
    found = _guessed(told)
    if extension.type is None:
        return found
    named = _type_of(extension.type)
    same_kind = named is not None and (
        named is found
        or named is InputType.OBJECT
        or (named in TEXTS and found in TEXTS)
        or (told.get("type") == _JSON_TYPES.get(named, "string") and named is not InputType.SECRET)
    )
    if named is None or not same_kind:
        report(f"{at}/{EXTENSION}/type", f"{extension.type[:50]} is no type for what the schema says")
        return found
    if found is InputType.SECRET and named is not InputType.SECRET:
        report(f"{at}/{EXTENSION}/type", "What is writeOnly is a secret")
    return named


def _guessed(told: dict[str, Any]) -> InputType:
    items = told.get("items")
    match told.get("type"):
        case "string":
            if told.get("writeOnly") is True or told.get("format") == "password":
                return InputType.SECRET
            return InputType.CHOICE if "enum" in told else InputType.TEXT
        case "number":
            return InputType.NUMBER
        case "integer":
            return InputType.INTEGER
        case "boolean":
            return InputType.BOOLEAN
        case "array" if told.get("uniqueItems") is True and isinstance(items, dict) and items.get("type") == "string":
            return InputType.CHOICES if set(items) <= {"type", "enum"} else InputType.OBJECT
        case "object" if told.get("additionalProperties") == {"type": "string"} and "properties" not in told:
            return InputType.KEY_VALUES
    return InputType.OBJECT


def _options_in(told: dict[str, Any], extension: Extension) -> list[Option] | None:
    items = told.get("items")
    values = told.get("enum", items.get("enum") if isinstance(items, dict) else None)
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        return None
    labelled: dict[str, Option] = {}
    said = extension.options
    if isinstance(said, str):
        said = _json_of("", said, lambda _, __: None, list)
    for each in said or []:
        option = _option(each)
        if option is not None:
            labelled[option.value] = option
    return [labelled.get(each) or Option(value=each, labels=Texts(zh=each, en=each)) for each in values]


def _closed(written: dict[str, Any], inputs: list[Input]) -> dict[str, Any]:
    required = written.get("required")
    free = {each.name for each in inputs if conditional(each)}
    schema = {name: value for name, value in written.items() if name not in ("$schema", "$id")}
    schema |= {"type": "object", "additionalProperties": False}
    schema["required"] = [each for each in required if each not in free] if isinstance(required, list) else []
    schema.setdefault("properties", {})
    return schema


# --- from JSON Schema to the list --------------------------------------------------------------------------------------


def _to_list(read: Input, told: dict[str, Any]) -> InputDefinition:
    try:
        extension = msgspec.convert(told.get(EXTENSION, {}), Extension)
    except msgspec.ValidationError:  # which was reported when it was read
        extension = Extension()
    validation = Validation(
        required_message=extension.required_message,
        regex=read.rules.pattern,
        regex_message=extension.regex_message,
        max_length=read.rules.max_length,
        min_length=read.rules.min_length,
        minimum=read.rules.minimum,
        maximum=read.rules.maximum,
        required_messages=extension.required_messages,
        regex_messages=extension.regex_messages,
    )
    options = extension.options
    if not isinstance(options, str):
        options = None if read.options is None else _compact(options or [each.value for each in read.options])
    extend = ExtendProp(
        api_options=extension.api_options,
        api_type=extension.api_type,
        options=options,
        disabled_conditions=_condition_text(extension.disabled_conditions, read.disabled_when),
        visible_conditions=_condition_text(extension.visible_conditions, read.visible_when),
        show_placeholder=extension.show_placeholder,
    )
    default = "" if read.default is UNSET else extension.default_text or write_text(read.type, read.default)
    own = {name: value for name, value in told.items() if name not in _ANNOTATIONS - {"type"}}
    return InputDefinition(
        name=read.name,
        type=extension.word or read.type.value,
        label=told.get("title") or "",
        description=told.get("description") or "",
        default_value=default,
        required=read.required,
        validation=validation if extension.validation or validation != Validation() else None,
        layout_content=extension.layout_content,
        extend_prop=extend if extension.extend_prop or extend != ExtendProp() else None,
        front_data_prop=extension.front_data_prop,
        labels=extension.labels,
        helps=extension.helps,
        group=extension.group,
        order=extension.order,
        deprecated=read.deprecated,
        aliases=extension.aliases,
        value_schema=own if read.type is InputType.OBJECT and own != _ANY_OBJECT else None,
    )


def _condition_text(written: str | None, condition: dict[str, Any] | None) -> str | None:
    return written if written is not None or condition is None else _compact(condition)


# --- outputs and metrics -----------------------------------------------------------------------------------------------


def _output(at: str, said: OutputDefinition, report: Report) -> Output:
    schema = _typed(at, _VALUE_WORDS.get(said.type.lower()), said, report)
    return Output(
        name=said.name,
        schema=schema,
        description=said.description,
        unit=said.unit or said.prop.get("unit", ""),
        better=said.better,
    )


def _metric(at: str, group_name: str, said: MetricProperty, report: Report) -> Metric:
    word = None
    if said.type is not None:
        word = _VALUE_WORDS.get(said.type.lower())
        if word not in ("number", "integer", "string", "boolean"):
            report(f"{at}/type", "A metric is a number, an integer, a string or a boolean")
    elif said.value.strip() or said.better or said.minimum is not None or said.maximum is not None:
        word = "number" if _writes_number(said.value) else "string"
    return Metric(
        key=said.key,
        group_name=group_name,
        schema=_typed(at, word, said, report),
        description=said.desc,
        unit=said.unit or "",
        better=said.better,
    )


def _writes_number(text: str) -> bool:
    """Whether a metric that starts from this text is a number, where nothing else is said of it."""
    if not text.strip():
        return True
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _typed(at: str, word: str | None, said: OutputDefinition | MetricProperty, report: Report) -> dict[str, Any]:
    schema: dict[str, Any] = {} if word is None else {"type": word}
    for name in ("minimum", "maximum", "better"):
        if getattr(said, name) is not None and word not in ("number", "integer"):
            report(f"{at}/{name}", "Only numbers have bounds and a direction")
    _put(schema, minimum=said.minimum, maximum=said.maximum)
    return schema
