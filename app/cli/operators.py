"""What operators do at the machine itself: accounts, credentials, publishers. They work whether or not the server runs."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click
import msgspec

from app.cli.database import database_running, registry_open
from app.cli.reporting import answer, as_json_option, reported
from app.registry import Registry
from app.registry.access.passwords import MAX_PASSWORD_LENGTH
from app.registry.access.service import console
from app.settings import read_settings
from app.telemetry import configure_logging
from schemas.errors import InvalidField
from schemas.model.access import Role

T = TypeVar("T")

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


COMMANDS: list[click.Command] = [tenant, project, user, access_key, token, publisher]


def _run(use_case: Callable[[Registry], Awaitable[T]]) -> T:
    """What the use-case answers, with everything it needs opened for it and closed again."""
    settings = read_settings(os.environ)
    configure_logging(settings.log_format, "error" if settings.log_level != "debug" else "debug")

    async def run() -> T:
        async with registry_open(running, embedded=not settings.database_url) as wiring:
            return await use_case(wiring.registry)

    with database_running(settings) as running:
        return asyncio.run(run())


def _read_password(from_stdin: bool) -> str:
    if not from_stdin:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    # One character more than allowed, and the end of the line, so that a longer one is noticed.
    line = sys.stdin.readline(MAX_PASSWORD_LENGTH + 3).rstrip("\r\n")
    if not line:
        raise InvalidField("password", problem="There is none on the standard input")
    return line


def _facts(made: msgspec.Struct) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(made)
    return facts
