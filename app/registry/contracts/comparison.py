"""What the contract of a version means to those who use the version before it. Pure.

Of inputs, those who use a plug-in give values: a break is a set of values that was taken and is taken no longer. Of outputs and
metrics they take values: a break is a value that could not come before. Every break that can be shown is shown by values that
both versions were asked about (`Checker`); every difference that is called harmless is proven so (`containment`). The rest is
unknown.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from msgspec import UNSET, UnsetType

from app.registry.contracts import containment
from app.registry.contracts.checking import Checker
from app.registry.contracts.conditions import Condition, holds
from app.registry.contracts.containment import Schema, resolved
from app.registry.contracts.definitions import NUMBERS, conditional, escaped
from app.registry.contracts.json_schema import compile_schema
from app.registry.contracts.work import WorkExceeded, bounded, spend
from schemas.model.contracts import Comparison, Definition, Difference, Effect, Input, Metric, Output

MAX_WORK = 3_000_000
"""Units of work of one comparison; see `work.py`."""
_ORDER = list(Effect)
_MOST_SETS = 500
_EQUALITIES = frozenset({"equals", "not_equals", "in", "not_in", "empty"})
_ORDERS = frozenset({"less", "at_most", "greater", "at_least"})
_NO_WORDS = frozenset(
    {"type", "properties", "required", "additionalProperties", "title", "description", "$defs", "$comment"}
)

Values = dict[str, Any]


def compare(old: Definition, new: Definition) -> Comparison:
    """Every difference between two versions, the greatest first."""
    found: list[Difference] = []
    try:
        with bounded(MAX_WORK):
            found.extend(_Inputs(old, new).differences())
            found.extend(_given(old.outputs, new.outputs, "outputs"))
            found.extend(_given(old.metrics, new.metrics, "metrics"))
    except WorkExceeded:
        reason = "It takes too long to compare the two versions"
        found.append(Difference(effect=Effect.UNKNOWN, rule="contract.too-long", pointer="", reason=reason))
    found.sort(key=lambda each: -_ORDER.index(each.effect))
    return Comparison(effect=found[0].effect if found else Effect.COMPATIBLE, differences=found)


def accepts(schema: Schema, value: Any) -> bool:
    """Whether the schema takes the value."""
    return next(compile_schema(schema).iter_errors(value), None) is None


# -- inputs ------------------------------------------------------------------------------------------------------------


class _Inputs:
    """The inputs of two versions, side by side."""

    def __init__(self, old: Definition, new: Definition) -> None:
        self._old, self._new = old, new
        self._old_checker, self._new_checker = Checker(old), Checker(new)
        self._later = {each.name: each for each in new.inputs}
        self._aliases = {alias: each for each in new.inputs for alias in each.aliases}
        self._schemas = {each.name: value_schema(each, old) for each in old.inputs}
        self._later_schemas = {each.name: value_schema(each, new) for each in new.inputs}
        self._earlier = {later.name: one for one in old.inputs if (later := self._counterpart(one.name)) is not None}
        self._base = self._completed({})
        """As few values as the version before takes."""

    def differences(self) -> Iterator[Difference]:
        """All that is different, one input after the other, and what shows only of several together."""
        found = [each for one in self._old.inputs for each in self._of(one, self._counterpart(one.name))]
        found += [each for one in self._new.inputs if one.name not in self._earlier for each in self._added(one)]
        if not any(each.effect.breaks for each in found):
            found += self._together()
        yield from found

    def _of(self, one: Input, later: Input | None) -> Iterator[Difference]:
        at = f"/inputs/{escaped(one.name)}"
        if later is None:
            yield self._removed(one, at)
            return
        yield from self._narrowed(one, later, at)
        if _must_be_given(later) and not _must_be_given(one) and not conditional(later):
            yield self._required(one.name, "is required now", at)
        if gone := [alias for alias in one.aliases if self._counterpart(alias) is not later]:
            example = self._first({**self._base, gone[0]: value} for value in self._taken(one))
            names = ", ".join(gone)
            yield _broken("input.alias-removed", at, f"{one.name} is no longer called {names} as well", example)
        for rule, different, reason in (
            (
                "input.renamed",
                later.name != one.name,
                f"{one.name} is called {later.name} now, and by its old name as well",
            ),
            ("input.default", _default(later) != _default(one), f"{one.name} has another default, or none"),
            ("input.control", later.type != one.type, f"{one.name} is edited as {later.type}, and was as {one.type}"),
            ("input.conditions", _conditions(later) != _conditions(one), f"{one.name} is shown under other conditions"),
            ("input.deprecated", later.deprecated is not None and one.deprecated is None, f"{one.name} is deprecated"),
        ):
            if different:
                yield Difference(effect=Effect.ADDITIVE, rule=rule, pointer=at, reason=reason)

    def _removed(self, one: Input, at: str) -> Difference:
        example = self._first({**self._base, one.name: value} for value in self._taken(one))
        return _broken("input.removed", at, f"there is no input {one.name} any longer", example)

    def _narrowed(self, one: Input, later: Input, at: str) -> Iterator[Difference]:
        """What became of the values that may be given for it."""
        before, after = self._schemas[one.name], self._later_schemas[later.name]
        patterned = later.type in NUMBERS and later.rules.pattern is not None
        narrower = patterned and (one.type not in NUMBERS or one.rules.pattern != later.rules.pattern)
        if narrower or not containment.is_contained(before, after, accepts):
            values = containment.examples(before, after, accepts)
            example = self._first({**self._base, one.name: value} for value in values)
            reason = f"{one.name} no longer takes all values that it took"
            if example is not UNSET:
                example = _shortest(example, one.name)
            yield _broken("input.narrowed", at, reason, example)
        elif not containment.is_contained(after, before, accepts):
            reason = f"{one.name} takes values that it did not take"
            yield Difference(effect=Effect.ADDITIVE, rule="input.widened", pointer=at, reason=reason)

    def _added(self, later: Input) -> Iterator[Difference]:
        at = f"/inputs/{escaped(later.name)}"
        if _must_be_given(later) and not conditional(later):
            yield self._required(later.name, "is new and required", at)
        else:
            reason = f"there is a new input {later.name}"
            yield Difference(effect=Effect.ADDITIVE, rule="input.added", pointer=at, reason=reason)

    def _required(self, name: str, what: str, at: str) -> Difference:
        example = self._first([{each: value for each, value in self._base.items() if each != name}])
        return _broken("input.required", at, f"{name} {what}", example)

    def _together(self) -> list[Difference]:
        """What only several inputs show together: constraints of the whole, conditions, defaults."""
        proven = self._defaults_hold()
        for later in self._new.inputs:
            if _must_be_given(later) and conditional(later) and not self._is_as_before(later):
                example, complete = self._hidden(later)
                proven = proven and complete
                if example is not UNSET:
                    reason = f"{later.name} has to be given where it had not to be"
                    return [_broken("inputs.together", f"/inputs/{escaped(later.name)}", reason, example)]
        before, after = self._whole()
        if proven and containment.is_contained(before, after, accepts):
            return []
        example = self._first(containment.examples(before, after, accepts))
        return [_broken("inputs.together", "/inputs", "values that were taken together are taken no longer", example)]

    # -- proofs --

    def _whole(self) -> tuple[Schema, Schema]:
        """The schemas of all values at once, by the new names, without what a default gives."""

        def told(definition: Definition, rename: Mapping[str, str], schemas: Mapping[str, Schema]) -> Schema:
            optional = {each.name for each in definition.inputs if each.default is not UNSET}
            required = [rename.get(each, each) for each in definition.schema["required"] if each not in optional]
            properties = {rename.get(name, name): each for name, each in schemas.items()}
            whole = {**definition.schema, "properties": properties, "required": required}
            return resolved(whole)

        names = {one.name: name for name, one in self._earlier.items()}
        return told(self._old, names, self._schemas), told(self._new, {}, self._later_schemas)

    def _defaults_hold(self) -> bool:
        """Whether no default can meet a word of the whole that it did not meet before."""
        if not self._new.schema.keys() - _NO_WORDS:
            return True
        before = self._earlier
        return all(_default(each) == (_default(before[each.name]) if each.name in before else None)
                   for each in self._new.inputs)  # fmt: skip

    def _is_as_before(self, later: Input) -> bool:
        """Whether an input had to be given under the same conditions, which ask inputs that are what they were."""
        before = {one.name: one for one in self._old.inputs}
        one = before.get(later.name)
        if one is None or not _must_be_given(one) or _conditions(one) != _conditions(later):
            return False
        asked = {each["input"] for told in _conditions(later) if told is not None for each in _tests(told)}
        return self._old.form == self._new.form and all(
            name in before and name in self._later and _default(before[name]) == _default(self._later[name])
            for name in asked
        )

    def _hidden(self, later: Input) -> tuple[Any, bool]:
        """Values that do not give an input, which is required while it is shown; and whether all kinds of values were tried.

        What decides is what the conditions say of the inputs that they ask. One value stands for all of which they say the same.
        """
        before = [each for each in self._old.inputs if self._counterpart(each.name) is later]
        tests, earlier = (
            [test for read in reads for each in _conditions(read) if each is not None for test in _tests(each)]
            for reads in ([later], before)
        )
        complete = True
        choices: list[list[tuple[str, Any] | None]] = []
        for one in self._old.inputs:
            counterpart = self._counterpart(one.name)
            asking = [each for each in tests if counterpart is not None and each["input"] == counterpart.name]
            asking += [each for each in earlier if each["input"] == one.name]
            if asking:
                kinds, all_kinds = self._kinds(one, asking)
                complete = complete and all_kinds
                choices.append([None, *((one.name, value) for value in kinds)])
        names = {each.name for each in before}
        asked = {pair[0] for each in choices for pair in each if pair is not None}
        base = {name: value for name, value in self._base.items() if name not in asked}

        def sets() -> Iterator[Values]:
            for chosen in islice(product(*choices), _MOST_SETS):
                values = base | dict(each for each in chosen if each is not None)
                yield {name: value for name, value in self._completed(values).items() if name not in names}

        complete = complete and math.prod(len(each) for each in choices) <= _MOST_SETS
        return self._first(sets()), complete

    def _kinds(self, one: Input, asking: list[Condition]) -> tuple[list[Any], bool]:
        """Values of the input, one of each kind that the tests tell apart; and whether these are all kinds."""
        schema = self._schemas[one.name]
        constants = [value for each in asking for value in _operands(each)]
        found: dict[tuple[bool, ...], Any] = {}
        for value in containment.examples(schema, {"enum": constants}, accepts):
            found.setdefault(tuple(holds(each, {each["input"]: value}) for each in asking), value)
        words = {word for each in asking for word in each} - {"input"}
        understood = words <= _EQUALITIES or (words <= _EQUALITIES | _ORDERS and one.type in NUMBERS)
        another = any(value not in constants and value != "" for value in found.values())
        finite = all(containment.members(part) is not None for part in containment.parts(schema))
        return list(found.values()), understood and (another or finite)

    # -- values --

    def _counterpart(self, name: str) -> Input | None:
        return self._later.get(name) or self._aliases.get(name)

    def _completed(self, values: Values) -> Values:
        """The values with what the version before misses in them."""
        for _ in range(len(self._old.inputs) + 1):
            missing = [each for each in self._old.inputs if _must_be_given(each) and each.name not in values]
            wanted = {fault.pointer for fault in self._old_checker.judge(values).errors if fault.rule == "required"}
            missing = [each for each in missing if f"/{escaped(each.name)}" in wanted]
            if not missing:
                break
            for each in missing:
                for value in islice(self._taken(each), 1):
                    values = {**values, each.name: value}
        return values

    def _taken(self, one: Input) -> Iterator[Any]:
        """Values that the version before takes for an input, one after the other."""
        given = [] if one.default is UNSET else [one.default]
        yield from given
        for value in containment.examples(self._schemas[one.name], True, accepts):
            if value != "" or not one.required:
                yield value

    def _first(self, proposed: Any) -> Any:
        """The first of some sets of values that was taken and is no longer; UNSET where there is none."""
        for values in proposed:
            if self._old_checker.judge(values).valid and not self._new_checker.judge(values).valid:
                spend(1)  # a judgement for which no work was left says nothing
                return values
        return UNSET


def value_schema(read: Input, definition: Definition) -> Schema:
    """What the input takes by itself, with what the definition's own references name in their places."""
    properties = definition.schema["properties"]
    return resolved(properties.get(read.name, read.schema), definition.schema)


def _must_be_given(read: Input) -> bool:
    return read.required and read.default is UNSET


def _default(read: Input) -> Any:
    return None if read.default is UNSET else (read.default,)


def _conditions(read: Input) -> tuple[Condition | None, Condition | None]:
    return read.visible_when, read.disabled_when


def _tests(condition: Condition) -> Iterator[Condition]:
    """The tests of single inputs that a condition is made of."""
    if "input" in condition:
        yield condition
        return
    for each in [condition["not"]] if "not" in condition else condition.get("all", condition.get("any", [])):
        yield from _tests(each)


def _operands(test: Condition) -> list[Any]:
    """What a test compares with."""
    return [each for word, told in test.items() if word not in ("input", "empty")
            for each in (told if word in ("in", "not_in") else [told])]  # fmt: skip


def _shortest(example: Values, name: str) -> Values:
    """The values with the one that matters last, where a reader looks for it."""
    return {**{each: value for each, value in example.items() if each != name}, name: example[name]}


# -- outputs and metrics -----------------------------------------------------------------------------------------------


def _given(old: list[Output] | list[Metric], new: list[Output] | list[Metric], what: str) -> Iterator[Difference]:
    """What became of values that a plug-in gives."""
    singular = what.removesuffix("s")
    before, after = ({_name(each): each for each in members} for members in (old, new))
    for name, one in before.items():
        at = f"/{what}/{escaped(name)}"
        later = after.get(name)
        if later is None:
            reason = f"there is no {singular} {name} any longer"
            yield Difference(effect=Effect.BREAKING, rule=f"{singular}.removed", pointer=at, reason=reason)
            continue
        value = containment.example(later.schema, accepts)
        for word, was, now in (("unit", one.unit, later.unit), ("better", one.better, later.better)):
            if was != now and was:
                said = f"{now}" if now else "nothing"
                reason = f"the {'unit' if word == 'unit' else 'direction'} of {name} is {said} now, and was {was}"
                example = UNSET if value is None else value[0]
                yield _broken(f"{singular}.{word}", at, reason, example, effect=Effect.BREAKING)
            elif was != now:
                reason = f"the {'unit' if word == 'unit' else 'direction'} of {name} is told now: {now}"
                yield Difference(effect=Effect.ADDITIVE, rule=f"{singular}.{word}", pointer=at, reason=reason)
        if not containment.is_contained(later.schema, one.schema, accepts):
            values = containment.examples(later.schema, one.schema, accepts)
            shown = next((each for each in values if not accepts(one.schema, each)), UNSET)
            reason = f"{name} can be what it could not be"
            yield _broken(f"{singular}.widened", at, reason, shown)
        elif not containment.is_contained(one.schema, later.schema, accepts):
            reason = f"{name} is no longer all that it could be"
            yield Difference(effect=Effect.COMPATIBLE, rule=f"{singular}.narrowed", pointer=at, reason=reason)
    for name in after:
        if name not in before:
            at, reason = f"/{what}/{escaped(name)}", f"there is a new {singular} {name}"
            yield Difference(effect=Effect.ADDITIVE, rule=f"{singular}.added", pointer=at, reason=reason)


def _name(given: Output | Metric) -> str:
    return given.name if isinstance(given, Output) else given.key


def _broken(rule: str, at: str, reason: str, example: Any | UnsetType, effect: Effect | None = None) -> Difference:
    """A break where an example shows it; else nothing is known."""
    if effect is None:
        effect = Effect.UNKNOWN if example is UNSET else Effect.BREAKING
    if effect is Effect.UNKNOWN:
        reason += ", or so it seems: neither a proof against it nor an example of it was found"
    return Difference(effect=effect, rule=rule, pointer=at, reason=reason, example=example)
