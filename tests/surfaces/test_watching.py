"""For whoever watches the service: health, counters, log lines."""

import asyncio
import json
from pathlib import Path

import argon2
import httpx
import pytest
from litestar import Litestar

from app.api.authentication import undeclared
from app.asgi import create_app
from app.registry.access import passwords
from app.settings import Settings
from app.wiring import Wiring
from schemas.errors import ServiceBusy
from schemas.model.access import Login
from tests.accounts import Account
from tests.program import Server, free_port


def test_everybody_may_ask_whether_it_lives(http: httpx.Client) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/schema"):
        assert http.get(path).status_code == 200
    assert http.get("/readyz").text == "database: ok\nstorage: ok\n"


def test_counters_name_routes_and_never_addresses(http: httpx.Client) -> None:
    secret = "b5a7" * 8
    http.get(f"/v1/{secret}/agent-plugin/detail?name={secret}")
    http.get(f"/{secret}")
    http.request(secret.upper(), "/v3")

    counters = http.get("/metrics").text

    assert 'plugport_requests_total{method="GET",route="/v1/{domain_id}/agent-plugin/detail",status="4xx"}' in counters
    assert 'route="(no route)"' in counters
    assert 'method="other"' in counters
    assert secret not in counters.lower()


def test_a_line_for_each_request_tells_no_secrets(tmp_path: Path) -> None:
    with Server(tmp_path / "data", port=free_port(), PLUGPORT_LOG_FORMAT="json") as server:
        password = (server.data_dir / "admin-password").read_text()
        user = {"name": "admin", "password": password, "domain": {"name": "plugport"}}
        identity = {"methods": ["password"], "password": {"user": user}}
        login = httpx.post(f"{server.url}/v3/auth/tokens", json={"auth": {"identity": identity}}, timeout=30)
        token = login.headers["x-subject-token"]
        asked = httpx.get(f"{server.url}/v3/projects?name=geheim", headers={"X-Auth-Token": token}, timeout=30)
        account = login.json()["token"]["domain"]["id"]
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]

    (line,) = [line for line in lines if line.get("request_id") == asked.headers["x-request-id"]]
    assert {name: line[name] for name in ("method", "route", "status", "tenant", "level")} == {
        "method": "GET", "route": "/v3/projects", "status": 200, "tenant": account, "level": "info",
    }  # fmt: skip
    for secret in (password, token, "geheim", (server.data_dir / "secret.key").read_text()):
        assert secret not in server.log.read_text()


@pytest.fixture
def app(settings: Settings) -> Litestar:
    """The application in this process, over the tests' database."""
    return create_app(settings)


def test_every_route_has_a_row_in_the_table_of_permissions(app: Litestar) -> None:
    assert undeclared(app.routes) == []


def test_every_operation_is_described_under_its_own_name(app: Litestar) -> None:
    described = [
        (operation.operation_id, path)
        for path, item in (app.openapi_schema.paths or {}).items()
        for operation in (item.get, item.post, item.put, item.delete, item.head)
        if operation is not None
    ]
    ids = [id for id, _ in described]
    assert len(ids) == len(set(ids))
    declared = {
        handler.opt["operation"]
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if "operation" in handler.opt
    }
    assert declared <= set(ids)


async def test_a_part_that_is_down_is_named(settings: Settings, tmp_path: Path) -> None:
    import msgspec

    app = create_app(msgspec.structs.replace(settings, jobs="off", storage_url=(tmp_path / "file" / "blobs").as_uri()))
    (tmp_path / "file").write_text("no directory")
    transport = httpx.ASGITransport(app)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://tests") as client:
        answer = await client.get("/readyz")

    assert (answer.status_code, answer.text) == (503, "database: ok\nstorage: down\n")


async def test_a_surprise_is_told_to_the_operator_and_not_to_the_caller(
    app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def surprise(*_: object) -> None:
        raise RuntimeError("geheim")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://tests") as client:
        monkeypatch.setattr(type(app.state.wiring.registry.access), "caller_of_token", surprise)
        answer = await client.get("/v3/projects", headers={"X-Auth-Token": "ppt_x"})

    assert answer.status_code == 500
    assert answer.json()["error_code"] == "PLUGPORT.00010008"
    assert "geheim" not in answer.text


async def test_more_logins_than_fit_are_told_to_come_again(
    wiring: Wiring, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", argon2.PasswordHasher(memory_cost=19 * 1024))  # which takes its time
    ada = account.user()
    login = Login(user_id=ada.user.id, password=ada.password)

    answers = await asyncio.gather(*(wiring.registry.access.log_in(login) for _ in range(80)), return_exceptions=True)

    refused = [each for each in answers if isinstance(each, BaseException)]
    assert refused
    assert {type(each) for each in refused} == {ServiceBusy}
    assert len(answers) > len(refused)
