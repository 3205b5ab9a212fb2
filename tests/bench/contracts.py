"""`python -m tests.bench.contracts`: processor time that contracts take, without a server or a database.

Values of a plug-in with fifteen inputs, its contract when it is saved, and the slowest of the hostile cases that the tests have.
"""

import time
from collections.abc import Callable
from typing import Any

from app.registry.contracts.checking import Checker
from app.registry.contracts.rules import examine, require_contract
from schemas.model.contracts import Written
from schemas.model.packages import ExtendProp, InputDefinition, Validation
from tests.unit.contracts.hostile import COSTLY, PATTERNS, REFUSED, taking

WORD = Validation(regex="^[a-z0-9 ._/-]*$", max_length=200)
OPTIONS = ExtendProp(options='["debug","release","profile"]')
WHEN_RELEASE = ExtendProp(
    visible_conditions='{"all":[{"input":"MODE","equals":"release"},{"not":{"input":"TAGS","empty":true}}]}'
)
INPUTS = [
    InputDefinition(name="MODE", type="select", default_value="debug", required=True, extend_prop=OPTIONS),
    InputDefinition(name="TAGS", type="multiselect", extend_prop=OPTIONS),
    InputDefinition(name="MINUTES", type="integer", default_value="30", validation=Validation(minimum=1, maximum=600)),
    InputDefinition(name="RATIO", type="number", validation=Validation(minimum=0, maximum=1)),
    InputDefinition(name="VERBOSE", type="switch", default_value="false"),
    InputDefinition(name="SCRIPT", type="shell", required=True),
    InputDefinition(name="NOTES", type="textarea"),
    InputDefinition(name="TOKEN", type="password", extend_prop=WHEN_RELEASE, required=True),
    InputDefinition(name="REPORT", type="file"),
    InputDefinition(name="ENVIRONMENT", type="key_values"),
    *(InputDefinition(name=f"PATH_{number}", type="input", validation=WORD) for number in range(5)),
]
VALUES: dict[str, Any] = {
    "MODE": "release", "TAGS": ["debug"], "MINUTES": 45, "RATIO": 0.9, "VERBOSE": True, "SCRIPT": "make test",
    "NOTES": "two\nlines", "TOKEN": "secret", "REPORT": "report.xml", "ENVIRONMENT": {"CI": "true", "LANG": "C.UTF-8"},
    **{f"PATH_{number}": f"src/part-{number}" for number in range(5)},
}  # fmt: skip


def milliseconds(work: Callable[[], object], times: int = 1) -> float:
    """Processor time of one run: the best of five series."""
    best = float("inf")
    for _ in range(5):
        before = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - before) / times)
    return best * 1000


def hostile() -> dict[str, float]:
    """Processor time of each hostile case: from the check of its contract to the end of the judgement, once."""
    cases: dict[str, tuple[Any, dict[str, Any]]] = {
        **{
            f"pattern: {name}": (taking("a", {"pattern": text}), {"a": value})
            for name, (text, value) in PATTERNS.items()
        },
        **{f"schema: {name}": (schema, {}) for name, schema in REFUSED.items()},
    }
    found: dict[str, float] = {}
    for name, (schema, values) in (cases | COSTLY).items():
        before = time.process_time()
        definition, _ = examine(Written(input_schema=schema))
        found[f"{name}, saved"] = (time.process_time() - before) * 1000
        if definition is not None:
            checker = Checker(definition)
            before = time.process_time()
            checker.judge(values)
            found[f"{name}, judged"] = (time.process_time() - before) * 1000
    return found


def main() -> None:
    written = Written(inputs=INPUTS)
    checker = Checker(require_contract(written))
    assert len(INPUTS) == 15
    assert checker.judge(VALUES).valid
    wrong = VALUES | {"MODE": "x", "MINUTES": 0, "PATH_1": "A", "UNKNOWN": 1}
    print(f"{milliseconds(lambda: checker.judge(VALUES), 500):8.3f} ms  values of 15 inputs, all right")
    print(f"{milliseconds(lambda: checker.judge(wrong, 'zh'), 500):8.3f} ms  values of 15 inputs, four wrong")
    print(f"{milliseconds(lambda: require_contract(written), 20):8.3f} ms  a contract of 15 inputs, when it is saved")
    for name, took in sorted(hostile().items(), key=lambda each: -each[1])[:3]:
        print(f"{took:8.1f} ms  {name}")


if __name__ == "__main__":
    main()
