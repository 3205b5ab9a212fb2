"""What operators do at the machine itself: accounts, credentials, publishers. They work whether or not the server runs."""

import sys
from typing import IO, Any

import click
import msgspec

from app.cli.database import run_use_case as _run
from app.cli.reporting import answer, as_json_option, reported
from app.registry.access.passwords import MAX_PASSWORD_LENGTH
from app.registry.access.rules import MOST_TOKEN_DAYS
from app.registry.access.service import console
from app.registry.publishers.rules import MAX_ANSWER_LENGTH
from schemas.errors import InvalidField
from schemas.model.access import PublisherToken, Role
from schemas.model.publishers import Ground, Proof
from schemas.paging import Paging

tenant_option = click.option("--tenant", required=True, metavar="TENANT", help="The tenant, by name or id.")
user_option = click.option("--user", required=True, metavar="USER", help="The user, by name or id.")
id_option = click.option("--id", "id", metavar="HEX32", help="32 hexadecimal digits; made up where not given.")


@click.group()
def tenant() -> None:
    """Tenants: the accounts of the platform."""


@tenant.command("create")
@click.argument("name")
@id_option
@click.option("--official", is_flag=True, help="Its plug-ins are for everybody.")
@as_json_option
@reported
def create_tenant(name: str, id: str | None, official: bool, as_json: bool) -> None:
    """Make a tenant."""
    made = _run(lambda registry: registry.access.create_tenant(console(), name, id=id, official=official))
    answer(as_json, _facts(made), f"Tenant {made.name} has the id {made.id}.")


@click.group()
def project() -> None:
    """Projects: parts of a tenant."""


@project.command("create")
@click.argument("name")
@tenant_option
@id_option
@as_json_option
@reported
def create_project(name: str, tenant: str, id: str | None, as_json: bool) -> None:
    """Make a project of a tenant."""
    made = _run(lambda registry: registry.access.create_project(console(), tenant, name, id=id))
    answer(as_json, _facts(made), f"Project {made.name} has the id {made.id}.")


@click.group()
def user() -> None:
    """Users of a tenant."""


@user.command("create")
@click.argument("name")
@tenant_option
@click.option(
    "--role", "roles", multiple=True, required=True, metavar="ROLE", help=f"One of {', '.join(Role)}; may be repeated."
)
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input, up to the line's end.")
@as_json_option
@reported
def create_user(name: str, tenant: str, roles: tuple[str, ...], password_stdin: bool, as_json: bool) -> None:
    """Make a user with one or more roles."""
    password = _read_password(password_stdin)
    made = _run(lambda registry: registry.access.create_user(console(), tenant, name, list(roles), password))
    answer(as_json, _facts(made), f"User {made.name} has the id {made.id}.")


@user.command("disable")
@click.argument("user", metavar="USER")
@tenant_option
@as_json_option
@reported
def disable_user(user: str, tenant: str, as_json: bool) -> None:
    """End every credential of a user, by name or id, for good."""
    disabled = _run(lambda registry: registry.access.disable_user(console(), tenant, user))
    answer(as_json, _facts(disabled), f"User {disabled.name} is disabled.")


@click.group("access-key")
def access_key() -> None:
    """Access keys, which sign requests."""


@access_key.command("create")
@user_option
@tenant_option
@as_json_option
@reported
def create_access_key(user: str, tenant: str, as_json: bool) -> None:
    """Make an access key; its secret is shown now and never again."""
    made = _run(lambda registry: registry.access.create_access_key(console(), tenant, user))
    answer(as_json, _facts(made), f"Access key: {made.access_key}\nSecret key: {made.secret_key}")


@access_key.command("revoke")
@click.argument("access_key", metavar="ACCESS_KEY")
@as_json_option
@reported
def revoke_access_key(access_key: str, as_json: bool) -> None:
    """End an access key."""
    _run(lambda registry: registry.access.revoke_access_key(console(), access_key))
    answer(as_json, {"access_key": access_key}, f"Access key {access_key} is revoked.")


@click.group()
def token() -> None:
    """Tokens, which logins give."""


@token.command("revoke-all")
@click.option("--tenant", metavar="TENANT", help="Only those of this tenant, by name or id.")
@click.option("--user", metavar="USER", help="Only those of this user of the tenant, by name or id.")
@as_json_option
@reported
def revoke_all_tokens(tenant: str | None, user: str | None, as_json: bool) -> None:
    """End all tokens: of everybody, of a tenant, or of a user."""
    count = _run(lambda registry: registry.access.revoke_tokens(console(), tenant, user))
    answer(as_json, {"revoked": count}, f"{count} tokens are revoked.")


@click.group("publisher-token")
def publisher_token() -> None:
    """Publisher tokens, with which machines upload for one publisher."""


@publisher_token.command("create")
@click.option("--publisher", "publisher_id", required=True, metavar="ID", help="The publisher, by its id.")
@user_option
@tenant_option
@click.option("--name", default="made by an operator", show_default=True, help="What it is for.")
@click.option("--days", default=90, show_default=True, help=f"How long it lives, 1 to {MOST_TOKEN_DAYS} days.")
@as_json_option
@reported
def create_publisher_token(publisher_id: str, user: str, tenant: str, name: str, days: int, as_json: bool) -> None:
    """Make a publisher token with the rights of a user; it is shown now and never again."""
    made = _run(
        lambda registry: registry.publisher_tokens.create_for(console(), tenant, user, publisher_id, name, days)
    )
    facts = made.facts
    sentence = (
        f"Publisher token: {made.token}\nIt has the id {facts.id} and ends at {facts.expires_at:%Y-%m-%d %H:%M} UTC."
    )
    answer(as_json, {"token": made.token, **_facts(facts)}, sentence)


@publisher_token.command("list")
@tenant_option
@click.option("--publisher", "publisher_id", metavar="ID", help="Only those for this publisher.")
@click.option("--offset", default=0, type=click.IntRange(0), show_default=True, help="How many to skip.")
@click.option("--limit", default=100, type=click.IntRange(1, 1000), show_default=True, help="How many to show.")
@as_json_option
@reported
def list_publisher_tokens(tenant: str, publisher_id: str | None, offset: int, limit: int, as_json: bool) -> None:
    """Show what is known of a tenant's publisher tokens, latest first."""
    paging = Paging(offset=offset, limit=limit)
    found = _run(lambda registry: registry.publisher_tokens.list_of_tenant(console(), tenant, publisher_id, paging))
    lines = [_told(each) for each in found.items] + [f"{found.total} publisher tokens in all."]
    answer(as_json, {"total": found.total, "tokens": [_facts(each) for each in found.items]}, "\n".join(lines))


@publisher_token.command("revoke")
@click.argument("token_id", metavar="TOKEN_ID")
@as_json_option
@reported
def revoke_publisher_token(token_id: str, as_json: bool) -> None:
    """End a publisher token, by its id."""
    ended = _run(lambda registry: registry.publisher_tokens.revoke_anywhere(console(), token_id))
    answer(as_json, _facts(ended), f"Publisher token {ended.id} ({ended.hint}) is revoked.")


@click.group()
def publisher() -> None:
    """Publishers, whose plug-ins everybody may see once they are accepted."""


@publisher.command("accept")
@click.argument("publisher_id", metavar="ID")
@as_json_option
@reported
def accept_publisher(publisher_id: str, as_json: bool) -> None:
    """Let a tenant publish under a publisher."""
    decided = _run(lambda registry: registry.publishers.accept(console(), publisher_id))
    answer(as_json, _facts(decided), f"Publisher {decided.en_name} is accepted.")


@publisher.command("reject")
@click.argument("publisher_id", metavar="ID")
@click.option("--reason", required=True, help="Why; its owner reads it.")
@as_json_option
@reported
def reject_publisher(publisher_id: str, reason: str, as_json: bool) -> None:
    """Keep a tenant from publishing under a publisher."""
    decided = _run(lambda registry: registry.publishers.reject(console(), publisher_id, reason))
    answer(as_json, _facts(decided), f"Publisher {decided.en_name} is rejected.")


@publisher.command("suspend")
@click.argument("publisher_id", metavar="ID")
@click.option("--reason", required=True, help="Why; its members read it.")
@as_json_option
@reported
def suspend_publisher(publisher_id: str, reason: str, as_json: bool) -> None:
    """Let nothing more be published under an accepted publisher."""
    decided = _run(lambda registry: registry.publishers.suspend(console(), publisher_id, reason))
    answer(as_json, _facts(decided), f"Publisher {decided.en_name} is suspended.")


@publisher.command("reinstate")
@click.argument("publisher_id", metavar="ID")
@as_json_option
@reported
def reinstate_publisher(publisher_id: str, as_json: bool) -> None:
    """End a suspension."""
    decided = _run(lambda registry: registry.publishers.reinstate(console(), publisher_id))
    answer(as_json, _facts(decided), f"Publisher {decided.en_name} is reinstated.")


@publisher.command("verify")
@click.argument("publisher_id", metavar="ID")
@click.option("--ground", required=True, type=click.Choice([each.value for each in Ground]), help="Why it is believed.")
@click.option(
    "--domain", default="", metavar="DOMAIN", help="Whose file or TXT record holds the publisher's statement."
)
@click.option(
    "--answer", "answer_file", type=click.File("r", encoding="utf-8"), help="What was found there; - reads it."
)
@click.option("--note", default="", help="How it is known; required by hand.")
@as_json_option
@reported
def verify_publisher(
    publisher_id: str, ground: str, domain: str, answer_file: IO[str] | None, note: str, as_json: bool
) -> None:
    """Set the verified mark of an accepted publisher."""
    found = answer_file.read(MAX_ANSWER_LENGTH + 1) if answer_file is not None else ""
    proof = Proof(ground=Ground(ground), domain=domain, answer=found, note=note)
    shown = _run(lambda registry: registry.publishers.verify(console(), publisher_id, proof))
    answer(as_json, _facts(shown), f"Publisher {shown.publisher.en_name} is verified.")


@publisher.command("unverify")
@click.argument("publisher_id", metavar="ID")
@click.option("--reason", required=True, help="Why; its members read it.")
@as_json_option
@reported
def unverify_publisher(publisher_id: str, reason: str, as_json: bool) -> None:
    """Take the verified mark away."""
    shown = _run(lambda registry: registry.publishers.unverify(console(), publisher_id, reason))
    answer(as_json, _facts(shown), f"Publisher {shown.publisher.en_name} is not verified.")


@publisher.command("show")
@click.argument("publisher_id", metavar="ID")
@as_json_option
@reported
def show_publisher(publisher_id: str, as_json: bool) -> None:
    """Show a publisher, its members, its statement, and whose names are like its own."""
    shown = _run(lambda registry: registry.publishers.show_case(console(), publisher_id))
    lines = [f"{shown.publisher.en_name}  {shown.publisher.status.label}  {shown.publisher.name}"]
    lines += [f"{each.role}  {each.user_id}  {each.user_name}" for each in shown.members]
    lines += (
        [f"verified {shown.verification.verified_at:%Y-%m-%d}  {shown.verification.ground}"]
        if shown.verification
        else []
    )
    lines += [f"look-alike ({each.likeness})  {each.publisher_id}  {each.name}" for each in shown.look_alikes]
    answer(as_json, _facts(shown), "\n".join([*lines, f"Statement: {shown.statement}"]))


COMMANDS: list[click.Command] = [tenant, project, user, access_key, token, publisher_token, publisher]


def _read_password(from_stdin: bool) -> str:
    if not from_stdin:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    # One character more than allowed, and the end of the line, so that a longer one is noticed.
    line = sys.stdin.readline(MAX_PASSWORD_LENGTH + 3).rstrip("\r\n")
    if not line:
        raise InvalidField("password", problem="There is none on the standard input")
    return line


def _told(token: PublisherToken) -> str:
    state = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else f"until {token.expires_at:%Y-%m-%d}"
    used = f"used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
    return f"{token.id}  {token.hint}  {token.publisher_id}  {token.user_name}  {state}  {used}  {token.name}"


def _facts(made: msgspec.Struct) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(made)
    return facts
