"""What operators see: a log line for every request, ids that tie answers to lines, and counters."""

import logging
import logging.config
import os
import sys
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import structlog

if TYPE_CHECKING:  # the commands' start would wait for it
    from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_ROUTE = "(no route)"
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# Prometheus decides at its import whether several processes count together; `serve` sets this before.
COUNTERS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

log = structlog.get_logger()


def request_id(scope: "Scope") -> str:
    """The id that this request's answer, log lines and audit entries carry."""
    found: str = scope["state"]["request_id"]
    return found


class Counters:
    """Requests by method, route and class of status, and how long they took; jobs by kind and outcome."""

    def __init__(self) -> None:
        import prometheus_client
        from prometheus_client import multiprocess

        registry = prometheus_client.CollectorRegistry()
        self._requests = prometheus_client.Counter(
            "plugport_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = prometheus_client.Histogram(
            "plugport_request_seconds", "Seconds until a request was answered to its end.", ["method", "route"],
            registry=registry, buckets=_SECONDS,
        )  # fmt: skip
        self._jobs = prometheus_client.Counter("plugport_jobs", "Jobs run.", ["kind", "outcome"], registry=registry)
        self._render = prometheus_client.generate_latest
        self._registry = registry
        self.media_type: str = prometheus_client.CONTENT_TYPE_LATEST
        if COUNTERS_DIRECTORY in os.environ:
            self._registry = prometheus_client.CollectorRegistry()
            multiprocess.MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Notes one answered request."""
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._seconds.labels(method, route).observe(seconds)

    def count_job(self, kind: str, outcome: str) -> None:
        """Notes one run of a job."""
        self._jobs.labels(kind, outcome).inc()

    def render(self) -> bytes:
        """All counters of all workers as Prometheus reads them."""
        return self._render(self._registry)


class Observed:
    """An ASGI application every request of which gets an id, a log line and its place in the counters.

    Lines hold the route's template, never the address itself: names, queries and headers stay out of logs.
    """

    def __init__(self, app: "ASGIApp", counters: Counters) -> None:
        self._app = app
        self._counters = counters

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request."""
        if "method" not in scope:  # a websocket
            await self._app(scope, receive, send)
            return
        id, method = uuid.uuid4().hex, cast("HTTPScope", scope)["method"]
        scope.setdefault("state", {})["request_id"] = id
        status = 500  # unless an answer says otherwise
        started = time.perf_counter()

        async def noted(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - started
            route = scope.get("path_template") or _NO_ROUTE
            self._counters.count(method, route, status, seconds)
            caller = scope.get("user")
            tell = log.debug if route in _QUIET else log.info
            tell(
                "request", method=method, route=route, status=status, ms=round(seconds * 1000, 1),
                request_id=id, tenant=caller.tenant_id if caller else None,
            )  # fmt: skip


def configure_logging(log_format: str, log_level: str) -> None:
    """Log lines go to the standard error output, ours and those of libraries in one form."""
    logging.config.dictConfig(logging_config(log_format, log_level))
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_SHARED, *_ending(log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(log_level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def logging_config(log_format: str, log_level: str) -> dict[str, Any]:
    """The standard library's logging in the same form, as `logging.config.dictConfig` takes it."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [structlog.stdlib.add_logger_name, *_SHARED],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(log_format)],
    }
    level = max(logging.getLevelNamesMapping()[log_level.upper()], logging.WARNING)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "loggers": {},
        "root": {"handlers": ["stderr"], "level": level},
    }


_SHARED: list[Any] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]


def _ending(log_format: str) -> list[Any]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.ConsoleRenderer(
        colors=False, sort_keys=False, exception_formatter=structlog.dev.plain_traceback
    )
    return [_without_empty, plain]


def _without_empty(_logger: object, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if value is not None}
