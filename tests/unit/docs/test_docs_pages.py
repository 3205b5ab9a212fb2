"""The pages that describe the interface: complete without any other host, and safe to keep."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

import app.api.docs
from app.api.docs import openapi_config
from app.api.operations import operation

ASSETS = Path(app.api.docs.__file__).parent / "assets"


@get("/healthz", **operation("healthz", public=True), sync_to_thread=False)
def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@pytest.fixture
def client() -> Iterator[TestClient[Litestar]]:
    service = Litestar([healthz], openapi_config=openapi_config("https://plugins.example/market", "1.2.3"))
    with TestClient(service) as made:
        yield made


def test_the_page_loads_its_own_assets_and_nothing_else(client: TestClient[Litestar]) -> None:
    page = client.get("/schema")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href|data-schema)="([^"]*)"', page.text)
    assert len(addresses) == 7
    for address in addresses:
        if address != "data:,":
            assert address.startswith("/market/schema/")
            assert client.get(address.removeprefix("/market")).status_code == 200


def test_the_page_has_no_inline_script_and_its_policy_allows_none(client: TestClient[Litestar]) -> None:
    page = client.get("/schema")
    assert "<style" not in page.text
    assert all(not body for body in re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL))
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_assets_are_kept_for_ever_and_a_changed_one_has_another_address(client: TestClient[Litestar]) -> None:
    address = re.search(r'src="/market(/schema/assets/[0-9a-f]{16}/page\.js)"', client.get("/schema").text)
    assert address
    asset = client.get(address[1])
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    assert asset.headers["x-content-type-options"] == "nosniff"
    assert client.get(re.sub(r"[0-9a-f]{16}", "0" * 16, address[1])).status_code == 404


def test_the_description_is_served_as_json_and_as_yaml(client: TestClient[Litestar]) -> None:
    description = client.get("/schema/openapi.json").json()
    assert description["info"]["version"] == "1.2.3"
    assert [server["url"] for server in description["servers"]] == ["/market", "https://plugins.example/market"]
    assert list(description["paths"]) == ["/healthz"]
    assert "openapi: 3.1.0" in client.get("/schema/openapi.yaml").text


@pytest.mark.parametrize("path", ["nope", "openapi.xml", "assets/0/page.js", "assets/../page.html"])
def test_an_unknown_path_is_missing(client: TestClient[Litestar], path: str) -> None:
    assert client.get(f"/schema/{path}").status_code == 404


def test_every_route_is_marked_public() -> None:
    service = Litestar([], openapi_config=openapi_config("http://127.0.0.1:8000", "1.2.3"))
    for route in service.routes:
        for handler in getattr(route, "route_handlers", []):
            assert handler.opt.get("public") is True, route.path


def test_the_vendored_files_are_those_that_the_readme_names() -> None:
    named = re.findall(r"^    ([0-9a-f]{64})  (\S+)$", (ASSETS / "README.md").read_text(), re.MULTILINE)
    assert len(named) == 2
    for digest, name in named:
        assert digest == sha256((ASSETS / name).read_bytes()).hexdigest()
