"""What the database really does for each operation: plans of the statements that the server itself sends.

`auto_explain`, loaded into the server's own connections, writes every plan with its row counts and buffers into the log of the
embedded PostgreSQL: also of statements inside functions, under the server's role and row-level security, and of the
plans that are made once and kept.
"""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from storage.postgres.embedded import EmbeddedPostgres
from tests.bench.load import answer
from tests.bench.operations import Caller, Operation

# Read from end to end, these would take the longer the larger the catalogue is.
_GROWING = (
    "plugins",
    "plugin_versions",
    "plugin_uses",
    "plugin_shelves",
    "plugin_tally",
    "extensions",
    "extension_versions",
    "extension_stats",
    "extension_places",
    "extension_facets",
    "extension_words",
    "extension_sets",
)
_SCAN = re.compile(rf"Seq Scan on (?:{'|'.join(_GROWING)})\b.*")
_EXPLANATION = re.compile(r"^\S+ \S+ \S+ \[\d+\] LOG:  (duration: .*\n(?:\t.*\n?)+)", re.MULTILINE)
_COUNTS = re.compile(
    r"duration: \S+ ms|\((?:cost|actual|never)[^()]*\)|\s+Buffers: .*|\s+\S.*(?:Memory|Usage|Searches|Removed).*: .*"
)
_WIDTH = 400  # of a line of values
_STATEMENTS_KEPT = 7  # the sixth time PostgreSQL may keep a plan that fits all values

_EXPLAINED = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_timing": "off",
}


def explain(data_dir: Path, *, on: bool) -> None:
    """Turns the writing of plans on or off, for connections that are made from now on."""

    async def run(owner_url: str) -> None:
        connection = await asyncpg.connect(owner_url)
        try:
            for name, value in _EXPLAINED.items():
                change = f"SET {name} = '{value}'" if on else f"RESET {name}"
                await connection.execute(f"ALTER ROLE plugport {change}")
        finally:
            await connection.close()

    with EmbeddedPostgres(data_dir / "postgres").running() as urls:
        asyncio.run(run(urls.owner))


def plans_of(data_dir: Path, caller: Caller, operation: Operation) -> str:
    """What PostgreSQL wrote while the operation's requests were answered, several times each."""
    log = data_dir / "postgres" / "postgres.log"
    before = log.stat().st_size
    for request in operation.requests[:3]:
        for _ in range(_STATEMENTS_KEPT):
            answer(caller.port, request)
    with log.open("rb") as written:
        written.seek(before)
        return written.read().decode(errors="replace")


def statements(plans: str) -> Iterable[tuple[str, str]]:
    """Each statement that was explained: what its plan is like, whatever its values and counts are, and the whole of it, long
    values cut. Statements of jobs, which run beside, are left out."""
    for each in _EXPLANATION.findall(plans):
        lines = [line[:_WIDTH] for line in each.split("\n") if line.strip()]
        if "jobs" not in each:
            text = "\n".join(line for line in lines if not line.lstrip().startswith("Query Parameters:"))
            yield _COUNTS.sub("", text), "\n".join(lines)


def scans(plans: str) -> Iterable[str]:
    """Scans of whole tables that grow with the catalogue, each once. What was never run does not count."""
    return sorted({match[0] for match in _SCAN.finditer(plans) if "never executed" not in match[0]})
