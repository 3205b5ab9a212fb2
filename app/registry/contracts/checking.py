"""Judges values by a definition: what is wrong, and said how; with defaults filled in; what is shown and can be edited.

No message repeats a value, so that no secret comes back in one. Each judgement is bounded by counted work.
"""

import math
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from jsonschema import ValidationError
from msgspec import UNSET

from app.registry.contracts import conditions
from app.registry.contracts.definitions import NUMBERS, TEXTS, conditional, escaped, pointer_of
from app.registry.contracts.json_schema import compile_schema, pattern
from app.registry.contracts.work import WorkExceeded, bounded
from schemas.model.contracts import (
    Definition,
    Input,
    InputState,
    InputType,
    Judgement,
    Language,
    ValueFault,
)
from schemas.model.packages import Texts

MAX_WORK = 100_000
"""Units of work of one judgement, see `work.py`."""
MAX_DEPTH = 32
"""How deep a value may be nested."""
MAX_NODES = 20_000
"""Values and members in the values of one judgement."""
MAX_FAULTS = 200
"""Faults in one judgement; what comes after is not looked for."""
MAX_WHOLE_NUMBER = 2**1023
"""Whole numbers stand on either side of zero up to here: what is beyond is no 64-bit float."""


class Checker:
    """Judges values by one definition. Compiles once; holds no state between judgements."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._validator = compile_schema(definition.schema)
        self._inputs = {each.name: each for each in definition.inputs}
        self._aliases = {alias: each.name for each in definition.inputs for alias in each.aliases}

    def judge(self, given: Mapping[str, Any], language: Language = "en") -> Judgement:
        """Judges values by the names (or aliases) of their inputs."""
        problem = beyond_bounds(given)
        if problem is not None:
            return self._refused("bounds", Texts(zh="这些值太多、太大或嵌套太深。", en=problem), language)
        try:
            with bounded(MAX_WORK):
                return self._judge(given, language)
        except WorkExceeded:
            text = Texts(
                zh="按此定义检查这些值所需的时间太长。",
                en="It takes too long to check these values by this definition.",
            )
            return self._refused("work", text, language)

    def _refused(self, rule: str, text: Texts, language: Language) -> Judgement:
        fault = ValueFault(pointer="", rule=rule, message=_said(text, language))
        states = [InputState(name=each.name, visible=True, enabled=True) for each in self.definition.inputs]
        return Judgement(errors=[fault], values={}, states=states)

    def _judge(self, given: Mapping[str, Any], language: Language) -> Judgement:
        faults: list[ValueFault] = []
        values: dict[str, Any] = {}
        for name, value in given.items():
            meant = self._aliases.get(name, name)
            if meant != name and (meant in given or meant in values):
                text = Texts(
                    zh=f"该值已经以 {meant} 给出。", en=f"The value is given twice: it is another name of {meant}."
                )
                faults.append(ValueFault(pointer=f"/{escaped(name)}", rule="alias", message=_said(text, language)))
            else:
                values[meant] = value
        for each in self.definition.inputs:
            if each.default is not UNSET and each.name not in values:
                values[each.name] = each.default
        states = self._states(values)
        for error in self._validator.iter_errors(values):
            faults.append(self._fault(error, language))
            if len(faults) >= MAX_FAULTS:
                break
        missing = {fault.pointer for fault in faults if fault.rule == "required"}
        for each, state in zip(self.definition.inputs, states, strict=True):
            at = f"/{escaped(each.name)}"
            if each.required and conditional(each) and state.visible and state.enabled and at not in missing:
                value = values.get(each.name, UNSET)
                if value is UNSET or (value == "" and each.type in TEXTS and self.definition.form == "list"):
                    faults.append(ValueFault(pointer=at, rule="required", message=_missing(each, language)))
            if each.type in NUMBERS and each.rules.pattern is not None and not _number_matches(each, values):
                faults.append(ValueFault(pointer=at, rule="pattern", message=_mismatch(each, language)))
        secrets = {each.name for each in self.definition.inputs if each.type is InputType.SECRET}
        # A misspelt name may stand before a secret.
        known = {name: value for name, value in values.items() if name in self._inputs and name not in secrets}
        gone = {fault.pointer for fault in faults if fault.rule == "required"}
        faults = [fault for fault in faults if fault.rule == "required" or fault.pointer not in gone]
        return Judgement(errors=faults, values=known, states=states)

    def _states(self, values: Mapping[str, Any]) -> list[InputState]:
        return [
            InputState(
                name=each.name,
                visible=each.visible_when is None or conditions.holds(each.visible_when, values),
                enabled=each.disabled_when is None or not conditions.holds(each.disabled_when, values),
            )
            for each in self.definition.inputs
        ]

    def _fault(self, error: ValidationError, language: Language) -> ValueFault:
        steps = list(error.absolute_path)
        keyword = str(error.validator or "false")
        read = self._inputs.get(str(steps[0])) if steps else None
        rule = keyword
        own = read is not None and len(steps) == 1
        if read is not None and own and keyword == "minLength" and read.required and error.instance == "":
            rule = "required"  # a form sends an empty text where nothing was given
        if read is not None and own and rule == "required":
            message = _missing(read, language)
        elif read is not None and own and rule == "pattern":
            message = _mismatch(read, language)
        elif not own and rule == "additionalProperties" and len(steps) == 1:
            message = _said(Texts(zh="没有这个输入。", en="There is no such input."), language)
        else:
            message = _said(_sentence(rule, error.validator_value), language)
        return ValueFault(pointer=pointer_of(steps), rule=rule, message=message)


class Checkers:
    """The checkers that were used last, so that each is compiled once."""

    def __init__(self, most: int = 500) -> None:
        self._most = most
        self._kept: dict[Hashable, Checker] = {}

    def of(self, key: Hashable, make: Callable[[], Definition]) -> Checker:
        """The checker of what `key` names, which must name everything that `make` depends on."""
        checker = self._kept.pop(key, None) or Checker(make())
        self._kept[key] = checker  # the last one now
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return checker


def beyond_bounds(values: object) -> str | None:
    """What stands against values before anything is done with them; None: nothing."""
    open_values: list[tuple[object, int]] = [(values, 0)]
    nodes = 0
    while open_values:
        value, depth = open_values.pop()
        nodes += 1
        if nodes > MAX_NODES:
            return f"More than {MAX_NODES} values are not taken."
        if isinstance(value, int) and not -MAX_WHOLE_NUMBER <= value <= MAX_WHOLE_NUMBER:
            return "A whole number has too many digits."
        if isinstance(value, float) and not math.isfinite(value):
            return "There is no such number."
        if isinstance(value, dict | list):
            if depth == MAX_DEPTH or len(value) > MAX_NODES:
                return f"More than {MAX_DEPTH} levels of nesting are not taken."
            open_values += [(each, depth + 1) for each in (value.values() if isinstance(value, dict) else value)]
    return None


def _number_matches(read: Input, values: Mapping[str, Any]) -> bool:
    """A pattern of a number is about the number as a person writes it."""
    value = values.get(read.name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True  # there is none, or its type is at fault
    text = str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e16 else str(value)
    return pattern(read.rules.pattern or "").found_in(text)


def _said(text: Texts, language: Language) -> str:
    return (text.zh or text.en) if language == "zh" else (text.en or text.zh)


def _missing(read: Input, language: Language) -> str:
    return _said(read.rules.required_message, language) or _said(_SENTENCES["required"], language)


def _mismatch(read: Input, language: Language) -> str:
    return _said(read.rules.pattern_message, language) or _said(_SENTENCES["pattern"], language)


def _sentence(rule: str, limit: object) -> Texts:
    found = _SENTENCES.get(rule, _SENTENCES["schema"])
    shown = _shown(limit)
    return Texts(zh=found.zh.replace("{limit}", shown), en=found.en.replace("{limit}", shown))


def _shown(limit: object) -> str:
    """What a rule asks for, as far as it is short."""
    if isinstance(limit, list):
        return ", ".join(_shown(each) for each in limit[:10]) + (", …" if len(limit) > 10 else "")
    text = str(limit) if isinstance(limit, str | int | float) else ""
    return text if len(text) <= 100 else text[:100] + "…"


_SENTENCES = {
    "required": Texts(zh="此项必填。", en="A value is required."),
    "pattern": Texts(zh="格式不符。", en="The value does not have the form that is asked for."),
    "type": Texts(zh="类型不符，需要：{limit}。", en="The value is of another type than is asked for: {limit}."),
    "enum": Texts(zh="只能取以下值：{limit}。", en="Only these values are taken: {limit}."),
    "const": Texts(zh="只能取以下值：{limit}。", en="Only this value is taken: {limit}."),
    "minLength": Texts(zh="至少 {limit} 个字符。", en="At least {limit} characters are needed."),
    "maxLength": Texts(zh="最多 {limit} 个字符。", en="At most {limit} characters are taken."),
    "minimum": Texts(zh="不得小于 {limit}。", en="The value must not be less than {limit}."),
    "maximum": Texts(zh="不得大于 {limit}。", en="The value must not be greater than {limit}."),
    "exclusiveMinimum": Texts(zh="必须大于 {limit}。", en="The value must be greater than {limit}."),
    "exclusiveMaximum": Texts(zh="必须小于 {limit}。", en="The value must be less than {limit}."),
    "multipleOf": Texts(zh="必须是 {limit} 的倍数。", en="The value must be a multiple of {limit}."),
    "minItems": Texts(zh="至少 {limit} 项。", en="At least {limit} entries are needed."),
    "maxItems": Texts(zh="最多 {limit} 项。", en="At most {limit} entries are taken."),
    "uniqueItems": Texts(zh="各项不得重复。", en="No entry may stand twice."),
    "minProperties": Texts(zh="至少 {limit} 个成员。", en="At least {limit} members are needed."),
    "maxProperties": Texts(zh="最多 {limit} 个成员。", en="At most {limit} members are taken."),
    "additionalProperties": Texts(zh="没有这个成员。", en="There is no such member."),
    "unevaluatedProperties": Texts(zh="没有这个成员。", en="There is no such member."),
    "schema": Texts(zh="该值不符合定义。", en="The value does not keep what its definition asks for."),
}
