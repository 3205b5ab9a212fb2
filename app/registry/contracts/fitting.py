"""Whether what an output gives is taken by an input: the check of a wire between two plug-ins. Pure."""

import msgspec

from app.registry.contracts import containment
from app.registry.contracts.comparison import accepts, value_schema
from app.registry.contracts.definitions import NUMBERS
from schemas.model.contracts import Definition, Fit, Fitting, Input, InputType, Output

_LONGEST_SHOWN = 100


def fit(output: Output, taking: Definition, read: Input) -> Fitting:
    """Whether the input `read` of `taking` takes every value of the output, some or none, by the schemas of both, and why."""
    if read.type is InputType.SECRET:
        return Fitting(fit=Fit.NEVER, reason="A secret is given by a person; an output stands in logs.")
    given, taken = output.schema, value_schema(read, taking)
    if "type" not in given:
        return Fitting(fit=Fit.UNKNOWN, reason="Nothing is said of the type of the output.")
    if containment.is_never({"allOf": [given, taken]}):
        return Fitting(fit=Fit.NEVER, reason="The input takes nothing that the output may give.")
    patterned = read.type in NUMBERS and read.rules.pattern is not None
    if not patterned and containment.is_contained(given, taken, accepts):
        return Fitting(fit=Fit.ALWAYS, reason="")
    values = containment.examples(given, taken, accepts)
    refused = [each for each in values if not accepts(taken, each)]
    if not refused:
        return Fitting(fit=Fit.UNKNOWN, reason="Neither a proof was found that it fits, nor a value that does not.")
    shown = msgspec.json.encode(min(refused, key=lambda each: len(msgspec.json.encode(each)))).decode()
    reason = f"The input does not take every value of the output{f', such as {shown}' if len(shown) <= _LONGEST_SHOWN else ''}."
    return Fitting(fit=Fit.SOMETIMES if len(refused) < len(values) else Fit.UNKNOWN, reason=reason)
