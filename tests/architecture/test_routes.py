"""Every route is an operation with a row in the table of rights, and every row is of a route or a command."""

import ast
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from app.api.operations import operation
from app.asgi import create_app
from app.registry.access.permissions import PERMISSIONS
from app.settings import read_settings
from schemas.model.access import Role
from tests.architecture.source import modules
from tests.surfaces.contract.facts import operations

# What everybody may ask without saying who they are.
PUBLIC = {
    *("GET /", "GET /v3", "POST /v3/auth/tokens"),
    *("GET /healthz", "GET /readyz", "GET /metrics"),
    *("GET /plugport/v1/contracts/conditions.js", "GET /plugport/v1/contracts/meta-schema"),
    "GET /plugport/v1/contracts/pages/{name}",
}

SURFACES = ("pipeline_plugins", "ide_marketplace", "rules_policies")

# The contract has two operations of one name; the operation ids of a document must differ.
OTHERWISE_NAMED = {"/v1/marketplace/publishers/mine": "list_my_publishers"}


@pytest.fixture(scope="module")
def application() -> Litestar:
    """The application, which asks no database before it serves."""
    return create_app(read_settings({"PLUGPORT_DATABASE_URL": "postgresql://127.0.0.1/never-asked"}))


def handlers(application: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Method, path and handler of every route but those that the framework adds."""
    for route in application.routes:
        for handler in getattr(route, "route_handlers", []):
            for method in handler.http_methods - {"OPTIONS"}:
                yield method, route.path_format, handler


def test_every_route_is_public_or_an_operation_with_a_row(application: Litestar) -> None:
    for method, path, handler in handlers(application):
        public = bool(handler.opt.get("public"))
        assert public or handler.opt.get("operation") in PERMISSIONS, f"{method} {path}"


def test_what_is_public_is_named_here(application: Litestar) -> None:
    public = {f"{method} {path}" for method, path, handler in handlers(application) if handler.opt.get("public")}
    assert {each for each in public if not each.startswith("GET /schema")} == PUBLIC


def test_every_row_is_of_a_route_or_a_command(application: Litestar) -> None:
    routed = {handler.opt.get("operation") for _, _, handler in handlers(application)}
    asked = {
        operation.value
        for module in modules()
        if module.within("app.registry")
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "permissions.require"
        for operation in call.args[1:]
        if isinstance(operation, ast.Constant)
    }
    assert PERMISSIONS.keys() - routed - asked == set()


def test_every_operation_of_the_contract_is_served_at_its_path_under_its_name(application: Litestar) -> None:
    served = {
        (method, path): handler for method, path, handler in handlers(application) if not handler.opt.get("public")
    }
    for each in (each for surface in SURFACES for each in operations(surface).values()):
        handler = served.get((each.method, each.path))
        assert handler is not None, f"{each.method} {each.path}"
        name = OTHERWISE_NAMED.get(each.path, each.id)
        assert (handler.operation_id, handler.opt["operation"]) == (name, name)


def test_every_route_says_what_it_does(application: Litestar) -> None:
    silent = [
        f"{method} {path}"
        for method, path, handler in handlers(application)
        if not path.startswith("/schema") and not (handler.fn.__doc__ or "").strip()
    ]
    assert silent == []


def test_every_role_and_nobody_else_is_in_the_table() -> None:
    assert {role for roles in PERMISSIONS.values() for role in roles} == set(Role)
    assert all(PERMISSIONS.values())


def test_whoever_may_change_may_also_look() -> None:
    """No role can do something whose outcome it could not see."""
    beside_operators = (frozenset({Role.ADMIN, Role.OPERATOR}), frozenset({Role.REVIEWER, Role.OPERATOR}))
    for name, roles in PERMISSIONS.items():
        if name.startswith(("list_", "show_")) and roles != frozenset(Role):
            assert any(frozenset({Role.OPERATOR}) <= roles <= each for each in beside_operators), name


def test_an_operation_is_declared_once() -> None:
    assert operation("x")["opt"] == {"operation": "x"}
    assert operation("x", public=True)["opt"] == {"public": True}
    assert operation("x", publisher_token=True)["opt"] == {"operation": "x", "publisher_token": True}
