"""What the results of checks come to: only a pass is a pass."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.checks import rules
from app.registry.checks.catalogue import BUILT_IN, every_check
from app.registry.checks.clamav import Clamd, read_address
from app.registry.checks.rules import Policy
from schemas.model.checks import Area, CheckResult, Finding, Mode, Outcome, Severity, SubjectKind
from tests.architecture.source import REPOSITORY

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
AREAS = {"archive": Area.FILE, "manifest": Area.BASIC_INFORMATION, "secrets": Area.SECURITY, "clamav": Area.SECURITY}
POLICY = Policy(
    kind=SubjectKind.EXTENSION,
    modes={
        "archive": Mode.BLOCK,
        "manifest": Mode.BLOCK,
        "secrets": Mode.BLOCK,
        "clamav": Mode.HOLD,
        "readme": Mode.ADVISE,
    },
)


def a_result(name: str, outcome: Outcome = PASS, *, blocking: bool = True, told: str = "") -> CheckResult:
    findings = [Finding(entry="a", message=told, remedy="b", check=name)] if told else []
    area = AREAS.get(name, Area.BASIC_INFORMATION)
    return CheckResult(name=name, area=area, outcome=outcome, blocking=blocking, rule_set=1, findings=findings)


def results(**outcomes: Outcome) -> list[CheckResult]:
    """Passes of all that block, but for these."""
    return [a_result(name, outcomes.get(name, PASS)) for name in AREAS]


# -- the verdict -------------------------------------------------------------------------------------------------------------


def test_every_pass_together_is_a_pass() -> None:
    assert rules.verdict(results(), POLICY) is PASS


def test_no_results_are_no_pass() -> None:
    assert rules.verdict([], POLICY) is not PASS
    assert rules.verdict([], Policy(kind=SubjectKind.EXTENSION, modes={})) is not PASS
    assert rules.verdict([a_result("readme", blocking=False)], Policy(kind=SubjectKind.EXTENSION, modes={})) is not PASS


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ({"secrets": FAIL}, FAIL),
        ({"secrets": UNKNOWN}, FAIL),
        ({"clamav": FAIL}, FAIL),
        ({"clamav": UNKNOWN}, UNKNOWN),
        ({"clamav": UNKNOWN, "secrets": FAIL}, FAIL),
        ({"clamav": UNKNOWN, "secrets": UNKNOWN}, FAIL),
    ],
)
def test_what_could_not_be_done_blocks_or_waits_for_a_person_and_never_passes(
    outcomes: dict[str, Outcome], verdict: Outcome
) -> None:
    assert rules.verdict(results(**outcomes), POLICY) is verdict


@pytest.mark.parametrize(("missing", "verdict"), [("secrets", FAIL), ("archive", FAIL), ("clamav", UNKNOWN)])
def test_a_check_that_is_missing_counts_as_one_that_could_not_be_done(missing: str, verdict: Outcome) -> None:
    assert rules.verdict([each for each in results() if each.name != missing], POLICY) is verdict


@pytest.mark.parametrize("outcome", Outcome)
def test_what_only_advises_stops_nothing(outcome: Outcome) -> None:
    assert rules.verdict([*results(), a_result("readme", outcome, blocking=False)], POLICY) is PASS


def test_what_blocked_when_it_was_recorded_still_does() -> None:
    assert rules.verdict([*results(), a_result("readme", FAIL)], POLICY) is FAIL


_RESULT = st.builds(a_result, st.sampled_from([*POLICY.modes]), st.sampled_from(Outcome), blocking=st.booleans())


@given(st.lists(_RESULT, max_size=12))
def test_nothing_passes_without_a_pass_of_each_check_that_blocks_and_in_each_area(found: list[CheckResult]) -> None:
    if rules.verdict(found, POLICY) is PASS:
        passed = {each.name for each in found if each.outcome is PASS}
        assert {name for name, mode in POLICY.modes.items() if mode is not Mode.ADVISE} <= passed
        assert not any(each.blocking and each.outcome is not PASS for each in found)
        assert {each.area for each in found if each.outcome is PASS} == set(Area)


def test_a_definition_without_a_file_needs_no_pass_of_the_file() -> None:
    policy = Policy(kind=SubjectKind.COMPOSITE_PLUGIN, modes={"secrets": Mode.BLOCK, "schemas": Mode.BLOCK})
    assert rules.verdict([a_result("secrets"), a_result("schemas")], policy) is PASS
    assert rules.verdict([a_result("secrets")], policy) is not PASS


# -- what is told ------------------------------------------------------------------------------------------------------------


def test_trying_again_helps_only_where_nothing_failed() -> None:
    assert rules.undone(results(), POLICY) == []
    assert rules.undone(results(secrets=UNKNOWN, clamav=UNKNOWN), POLICY) == ["secrets"]
    assert rules.undone(results(secrets=UNKNOWN, archive=FAIL), POLICY) == []
    assert rules.undone([], POLICY) == ["archive", "manifest", "secrets"]
    assert rules.held(results(clamav=UNKNOWN), POLICY) == ["clamav"]


def test_against_a_release_stand_the_errors_of_checks_that_block() -> None:
    failed = a_result("secrets", FAIL, told="a key")
    warned = msgspec.structs.replace(failed.findings[0], severity=Severity.WARNING)
    both = msgspec.structs.replace(failed, findings=[warned, *failed.findings])
    advice = a_result("readme", FAIL, blocking=False, told="none")
    assert rules.against([both, advice, a_result("clamav", UNKNOWN, told="down")]) == failed.findings


def test_an_area_is_as_bad_as_the_worst_of_its_checks_that_block() -> None:
    found = [
        a_result("archive"),
        a_result("manifest"),
        a_result("readme", FAIL, blocking=False, told="none"),
        a_result("secrets", FAIL, told="a key"),
        a_result("clamav", UNKNOWN, told="down"),
    ]
    told = {each.name: (each.outcome, [finding.message for finding in each.findings]) for each in rules.areas(found)}
    assert told == {
        Area.SECURITY: (FAIL, ["a key"]), Area.FILE: (PASS, []), Area.BASIC_INFORMATION: (PASS, []),
    }  # fmt: skip


def test_an_area_in_which_nothing_was_done_is_unknown() -> None:
    assert {each.outcome for each in rules.areas([])} == {UNKNOWN}
    (security, *_) = rules.areas(results(clamav=UNKNOWN))
    assert security.outcome is UNKNOWN


# -- what the operator settles -----------------------------------------------------------------------------------------------

DEFAULTS = {each.name: each.mode for each in every_check(Clamd(path="/socket"))}
FIRM = [each.name for each in BUILT_IN if each.is_firm]


def test_single_checks_are_settled_in_one_line() -> None:
    settled = rules.read_modes("readme=block, names=off\tclamav=hold", DEFAULTS, FIRM)
    assert settled == {"readme": Mode.BLOCK, "names": Mode.OFF, "clamav": Mode.HOLD}
    assert rules.read_modes("", DEFAULTS, FIRM) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("readmes=block", "no check 'readmes'"),
        ("readme", "readme=block"),
        ("readme=yes", "readme=block"),
        ("readme=off readme=block", "twice"),
        ("archive=off", "archive cannot be off"),
        ("manifest=advise", "manifest cannot be advise"),
        ("archive=hold", "archive cannot be hold"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_there_is(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        rules.read_modes(text, DEFAULTS, FIRM)


def test_an_area_without_a_check_that_blocks_is_found() -> None:
    areas = {each.name: each.area for each in BUILT_IN}
    for kind in SubjectKind:
        modes = {each.name: each.mode for each in BUILT_IN if kind in each.kinds}
        assert rules.uncovered(Policy(kind=kind, modes=modes), areas) == []
        lax = modes | {name: Mode.ADVISE for name in modes if areas[name] is Area.SECURITY}
        assert rules.uncovered(Policy(kind=kind, modes=lax), areas) == [Area.SECURITY]


@pytest.mark.parametrize(
    ("text", "clamd"),
    [
        ("", None),
        ("unix:/run/clamd.sock", Clamd(path="/run/clamd.sock")),
        ("127.0.0.1:3310", Clamd(host="127.0.0.1", port=3310)),
        ("[::1]:3310", Clamd(host="::1", port=3310)),
    ],
)
def test_where_clamd_listens_is_a_socket_or_a_host_with_a_port(text: str, clamd: Clamd | None) -> None:
    assert read_address(text) == clamd


@pytest.mark.parametrize("text", ["unix:run", "clamd", "http://clamd:3310", "clamd:x", ":3310", "a@b:3310", "a:3310/x"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unix:/path|Port|port"):
        read_address(text)


def test_every_check_has_a_name_of_its_own() -> None:
    assert len(DEFAULTS) == len(BUILT_IN) + 1


def test_the_readme_has_every_check_with_its_area_and_what_holds_unless_set_otherwise() -> None:
    rows = {
        name: (cells[2].strip(), cells[4].strip().partition(",")[0])
        for line in (REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `") and len(cells := line.split("|")) == 6
        for name in re.findall(r"`([a-z-]+)`", cells[1])
    }
    assert rows == {each.name: (str(each.area), str(each.mode)) for each in every_check(Clamd(path="/socket"))}
