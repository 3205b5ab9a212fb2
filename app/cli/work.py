"""`plugport work`: runs jobs, and serves nobody."""

import asyncio
import os
import signal
from contextlib import suppress

import click
import structlog

from app.cli.database import database_running, registry_open
from app.cli.reporting import answer, as_json_option, reported
from app.jobs.worker import Worker
from app.settings import Settings, read_settings
from app.telemetry import configure_logging

log = structlog.get_logger()


@click.command()
@click.option("--at-once", type=int, help="Jobs at a time (PLUGPORT_JOBS_AT_ONCE).")
@click.option("--until-empty", is_flag=True, help="Run what is due now, and end.")
@as_json_option
@reported
def work(at_once: int | None, until_empty: bool, as_json: bool) -> None:
    """Run jobs until Ctrl-C. As many of these may run as one likes, beside servers that do the same or do not."""
    given = {} if at_once is None else {"PLUGPORT_JOBS_AT_ONCE": str(at_once)}
    settings = read_settings(os.environ | given)
    configure_logging(settings.log_format, settings.log_level)
    with database_running(settings) as running, suppress(asyncio.CancelledError):
        ran = asyncio.run(_work(running, embedded=not settings.database_url, until_empty=until_empty))
        answer(as_json, {"ran": ran}, f"{ran} jobs were run.")


async def _work(settings: Settings, *, embedded: bool, until_empty: bool) -> int:
    """How many jobs were run. A signal cancels it, by which what runs is returned to the queue."""
    this = asyncio.current_task()
    assert this is not None  # noqa: S101 - told to the type checker: this is a coroutine
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, this.cancel)
    async with registry_open(settings, embedded=embedded) as wiring:
        worker = Worker(wiring.registry, wiring.database, settings.database_url, at_once=settings.jobs_at_once)
        log.info("working", at_once=settings.jobs_at_once)
        return await (worker.run_due() if until_empty else worker.run())
