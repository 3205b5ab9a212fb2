"""`plugport gc`, `plugport scrub`, `plugport audit`: clearing away, reading again, checking everything."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from app.cli.database import run_use_case
from app.cli.reporting import answer, as_json_option, reported
from app.registry.access.service import console
from app.registry.upkeep.rules import read_checkpoint
from schemas.model.upkeep import Verification


@click.command()
@click.option("--dry-run", is_flag=True, help="Remove nothing; count what would go.")
@as_json_option
@reported
def gc(dry_run: bool, as_json: bool) -> None:
    """Remove what nobody needs: garbage collection.

    Icons that nobody shows, bytes that no version, icon or upload needs, chunks of uploads that are over, and what killed
    processes left. The server does the same every hour. Other things in the same bucket are left alone.
    """
    made = run_use_case(lambda registry: registry.upkeep.collect(console(), dry_run=dry_run))
    verb = "would go" if dry_run else "went"
    answer(
        as_json,
        _facts(made),
        f"{made.icons} icons, {made.blobs} blobs, the bytes of {made.files} blobs and of {made.uploads_cleared} uploads, "
        f"{made.uploads_forgotten} old uploads, {made.leftovers} leftovers and {made.orphans} orphans {verb}.",
    )


@click.command()
@as_json_option
@reported
def scrub(as_json: bool) -> None:
    """Read every stored file again, the longest unread one first.

    What is lost or damaged goes into quarantine: nothing is sent or released of it until the same bytes came in again, by an
    upload or from a backup and another scrub. The server does the same every day.
    """
    read = run_use_case(lambda registry: registry.upkeep.scrub(console()))
    answer(
        as_json,
        _facts(read),
        f"{read.blobs} blobs read ({read.bytes_read} bytes): {read.lost} lost, {read.damaged} damaged, "
        f"{read.restored} restored, {read.proven} proven for the first time.",
    )


@click.group()
def audit() -> None:
    """The record of all changes, and whether everything is still as it was written."""


@audit.command("verify")
@click.option("--chains-only", is_flag=True, help="Only the record of changes, not the storage.")
@click.option("--quick", is_flag=True, help="Compare the sizes of stored files; read none.")
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What `audit checkpoint` printed earlier: finds entries that were cut off the end.",
)
@as_json_option
@reported
def verify_audit(chains_only: bool, quick: bool, checkpoint: Path | None, as_json: bool) -> None:
    """Check every entry of every tenant's record of changes, and the storage against the rows.

    Changes nothing. Ends with 1 when anything is broken, lost, damaged or orphaned.
    """
    heads = (
        read_checkpoint(checkpoint.read_text(encoding="utf-8", errors="replace").splitlines()) if checkpoint else None
    )
    found = run_use_case(
        lambda registry: registry.upkeep.verify(console(), chains_only=chains_only, quick=quick, checkpoint=heads)
    )
    answer(as_json, _facts(found), _told(found))
    if not found.is_sound:
        sys.exit(1)


@audit.command("checkpoint")
@reported
def print_checkpoint() -> None:
    """Print the end of every tenant's record of changes, a line of JSON for each.

    Keep it elsewhere: whoever owns the database can cut entries off or write them anew, and only an earlier checkpoint shows it.
    """
    for head in run_use_case(lambda registry: registry.upkeep.show_heads(console())):
        click.echo(msgspec.json.encode(head))


def _told(found: Verification) -> str:
    lines = [f"Tenant {each.tenant_id}, entry {each.number}: {each.problem}." for each in found.broken_chains]
    lines += [f"{each.key}: {each.problem}." for each in found.faults]
    lines.append(
        f"{found.tenants} tenants, {found.entries} entries, {len(found.broken_chains)} broken chains; "
        f"{found.blobs} blobs, {found.lost} lost, {found.damaged} damaged, {found.orphaned} orphaned."
    )
    return "\n".join(lines)


def _facts(found: msgspec.Struct) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(found)
    return facts
