"""Whether what an output gives is taken by an input: the check of a wire between two plug-ins. Pure."""

from typing import Any

from app.registry.contracts.definitions import EXTENSION
from schemas.model.contracts import Fit, Input, InputType, Output

# Keywords that say nothing of a value, or what is looked at apart.
_SILENT = frozenset(
    ("type", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format", "$comment")
) | {EXTENSION, "minimum", "maximum"}


def fit(output: Output, read: Input) -> tuple[Fit, str]:
    """Whether the input takes every value of the output, some or none, by the schemas of both, and why."""
    if read.type is InputType.SECRET:
        return Fit.NEVER, "A secret is given by a person; an output stands in logs."
    given = output.schema.get("type")
    if given is None:
        return Fit.UNKNOWN, "Nothing is said of the type of the output."
    taken = read.schema.get("type")
    if taken is None:
        return Fit.SOMETIMES, "The input has rules beyond a type."
    types = [taken] if isinstance(taken, str) else taken
    exact = given in types or (given == "integer" and "number" in types)
    if not exact and not (given == "number" and "integer" in types):
        return Fit.NEVER, f"The output is of type {given}, the input takes {', '.join(types)}."
    if given in ("number", "integer"):
        bounds = _compare_bounds(output.schema, read.schema)
        if bounds is not Fit.ALWAYS:
            said = "none" if bounds is Fit.NEVER else "not all"
            return bounds, f"Of the numbers between the output's bounds, {said} are between those of the input."
    if not exact:
        return Fit.SOMETIMES, "The output may have a fraction, the input takes whole numbers."
    rules = sorted(read.schema.keys() - _SILENT)
    if given in ("number", "integer") and read.rules.pattern is not None:
        rules.append("pattern")
    if rules:
        return Fit.SOMETIMES, f"The input has rules that the output does not promise to keep: {', '.join(rules)}."
    return Fit.ALWAYS, ""


def _compare_bounds(given: dict[str, Any], taken: dict[str, Any]) -> Fit:
    low, high = (taken.get(each) for each in ("minimum", "maximum"))
    least, most = (given.get(each) for each in ("minimum", "maximum"))
    if (low is not None and most is not None and most < low) or (
        high is not None and least is not None and least > high
    ):
        return Fit.NEVER
    within = (low is None or (least is not None and least >= low)) and (
        high is None or (most is not None and most <= high)
    )
    return Fit.ALWAYS if within else Fit.SOMETIMES
