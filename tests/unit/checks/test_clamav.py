"""Every file of a package is given to clamd, and only a plain OK of it is one."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from app.registry.checks import clamav
from app.registry.checks.base import Undone
from app.registry.checks.clamav import Clamd
from schemas.model.checks import Finding, Severity
from tests.builders import a_zip
from tests.unit.checks.clamd import EICAR, SmallClamd
from tests.unit.checks.looking import BASIC, looked

FILES = {"a": b"first", "empty": b"", "sub/": b"", "sub/b": b"x" * 300_000}


def found_by(path: Path, files: dict[str, bytes] | None = None, seconds: float = 1.0) -> list[Finding]:
    check = clamav.check(Clamd(path=str(path), answer_seconds=seconds))
    return looked(check, a_zip(FILES if files is None else files), BASIC)


def test_every_file_is_given_whole_and_one_by_one(tmp_path: Path) -> None:
    with SmallClamd(tmp_path / "socket") as clamd:
        assert found_by(tmp_path / "socket") == []
    assert clamd.files == [b"first", b"x" * 300_000]


def test_it_is_the_same_by_a_port() -> None:
    with SmallClamd(None) as clamd:
        check = clamav.check(Clamd(host="127.0.0.1", port=clamd.port))
        found = looked(check, a_zip(FILES | {"bad": EICAR}), BASIC)
    assert [each.entry for each in found] == ["bad"]
    assert clamd.files == [b"first", b"x" * 300_000, EICAR]


def test_what_clamd_finds_is_an_error_with_its_name(tmp_path: Path) -> None:
    with SmallClamd(tmp_path / "socket"):
        found = found_by(tmp_path / "socket", FILES | {"bad": b"  " + EICAR, "bad too": EICAR})
    assert [(each.entry, each.rule, each.severity) for each in found] == [
        ("bad", "clamav.found", Severity.ERROR), ("bad too", "clamav.found", Severity.ERROR),
    ]  # fmt: skip
    assert "Eicar" in found[0].message


def test_a_package_without_files_asks_at_least_whether_clamd_is_there(tmp_path: Path) -> None:
    with SmallClamd(tmp_path / "socket"):
        assert found_by(tmp_path / "socket", {}) == []
    with pytest.raises(Undone):
        found_by(tmp_path / "nobody", {})


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        ("silent", "did not answer within"),
        ("gone", "does not answer"),
        ("garbage", "neither yes nor no"),
        ("other", "neither yes nor no"),
        ("endless", "did not answer within"),
        ("limited", "StreamMaxLength"),
    ],
)
def test_whatever_else_clamd_does_is_no_answer(tmp_path: Path, manner: str, reason: str) -> None:
    with SmallClamd(tmp_path / "socket", manner), pytest.raises(Undone, match=reason):
        found_by(tmp_path / "socket", seconds=0.3)


def test_a_clamd_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(Undone, match="does not answer"):
        found_by(tmp_path / "nobody")
    with pytest.raises(Undone, match="does not answer"):
        looked(clamav.check(Clamd(host="127.0.0.1", port=1, answer_seconds=1)), a_zip(FILES), BASIC)


REAL = next((found for each in ("clamd", "/usr/sbin/clamd") if (found := shutil.which(each))), None)


if REAL is not None:  # Debian has it as clamav-daemon, and no package index has it at all

    def test_the_real_clamd_finds_by_its_signatures(tmp_path: Path) -> None:
        """Where it is installed. One signature made by hand: no download of any is needed."""
        signatures = tmp_path / "signatures"
        signatures.mkdir()
        (signatures / "test.ndb").write_text(f"Plugport-Test:0:*:{b'a body that no honest file has'.hex()}\n")
        socket = tmp_path / "socket"
        (tmp_path / "clamd.conf").write_text(
            f"LocalSocket {socket}\nDatabaseDirectory {signatures}\nForeground yes\nLogFile {tmp_path / 'log'}\n"
            f"TemporaryDirectory {tmp_path}\n"
        )
        with subprocess.Popen([REAL, "--config-file", str(tmp_path / "clamd.conf")]) as running:
            try:
                while not socket.exists():
                    assert running.poll() is None
                    time.sleep(0.05)
                assert found_by(socket, seconds=20) == []
                [finding] = found_by(socket, FILES | {"bad": b"x a body that no honest file has x"}, seconds=20)
                assert (finding.entry, "Plugport-Test" in finding.message) == ("bad", True)
            finally:
                running.terminate()
