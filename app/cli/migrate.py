"""`plugport migrate`."""

import asyncio
import os

import click

from app.cli.database import database_running, migrate_database
from app.cli.reporting import answer, as_json_option, reported
from app.settings import read_settings


@click.command()
@as_json_option
@reported
def migrate(as_json: bool) -> None:
    """Bring the database to this release's shape. Safe to repeat, and from several machines at once."""
    with database_running(read_settings(os.environ)) as settings:
        applied = asyncio.run(migrate_database(settings))
    answer(as_json, {"applied": applied}, f"Applied: {', '.join(applied)}." if applied else "Nothing was missing.")
