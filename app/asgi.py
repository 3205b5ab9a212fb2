"""The application, put together from its parts."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import version

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from app.api.address import check_address
from app.api.authentication import authenticate, provide_caller, undeclared
from app.api.body import WireDTO
from app.api.docs import openapi_config
from app.api.health import Readiness
from app.api.mount import SURFACES
from app.api.problems import EXCEPTION_HANDLERS
from app.api.streaming import BodyDeadline
from app.jobs.worker import Worker
from app.registry import Registry
from app.settings import SettingRefused, Settings, read_settings
from app.telemetry import Counters, Observed, configure_logging
from app.wiring import Wiring, wired


def create_app(settings: Settings | None = None) -> Litestar:
    """The ASGI application. Without `settings` they are read from the environment, and the logging is set up after them.

    Raises `SettingRefused`; also when no database is named, since only `plugport serve` starts one.
    """
    if settings is None:
        settings = read_settings(os.environ)
        configure_logging(settings.log_format, settings.log_level)
    if not settings.database_url:
        raise SettingRefused("PLUGPORT_DATABASE_URL is empty, and only `plugport serve` starts a database of its own.")
    counters, readiness = Counters(), Readiness()
    app = Litestar(
        route_handlers=SURFACES,
        guards=[check_address, authenticate],
        dependencies={
            "caller": Provide(provide_caller, sync_to_thread=False),
            "registry": Provide(_registry, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "wiring": Provide(_wiring, sync_to_thread=False),
            "counters": Provide(lambda: counters, sync_to_thread=False),
            "readiness": Provide(lambda: readiness, sync_to_thread=False),
        },
        dto=WireDTO,
        return_dto=None,
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=settings.max_json_bytes,
        openapi_config=openapi_config(settings.base_url, version("plugport")),
        lifespan=[_lifespan(settings, counters)],
        logging_config=None,
        debug=False,
    )
    if missing := undeclared(app.routes):
        raise LookupError(f"handlers without a row in permissions.py: {', '.join(missing)}")
    app.asgi_handler = Observed(BodyDeadline(app.asgi_handler, settings.body_timeout_seconds), counters)
    return app


def _lifespan(settings: Settings, counters: Counters) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with wired(settings) as wiring, AsyncExitStack() as working:
            app.state.wiring = wiring
            if settings.jobs == "serve":
                await working.enter_async_context(_jobs_running(wiring, settings, counters))
            gc.collect()
            gc.freeze()  # what is here now stays to the end: looking through it again and again holds up requests
            yield

    return lifespan


@asynccontextmanager
async def _jobs_running(wiring: Wiring, settings: Settings, counters: Counters) -> AsyncIterator[None]:
    worker = Worker(
        wiring.registry,
        wiring.database,
        settings.database_url,
        at_once=settings.jobs_at_once,
        count=counters.count_job,
    )
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def _wiring(state: State) -> Wiring:
    found: Wiring = state.wiring
    return found


def _registry(state: State) -> Registry:
    return _wiring(state).registry
