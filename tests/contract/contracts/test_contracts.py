"""Contracts over a real database: what is kept, how it is read, and what is from before there were contracts."""

from typing import Any

import asyncpg
import pytest

from app.registry import Registry
from schemas.errors import ContractUnusable
from schemas.ids import new_id
from schemas.model.access import Caller
from schemas.model.contracts import AskedValues
from schemas.model.packages import InputDefinition
from schemas.model.plugins import AskedVersion, PluginFacts, VersionContent, VersionSpec
from storage.postgres.database import Transaction
from storage.postgres.embedded import Urls
from tests.accounts import Account


@pytest.fixture
def author(account: Account) -> Caller:
    return account.user("author").caller


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are sent while the test runs."""
    sent: list[str] = []

    def noting(kind: str) -> Any:
        real = getattr(Transaction, kind)

        async def run(self: Transaction, query: Any, **parameters: Any) -> Any:
            sent.append(query.name)
            return await real(self, query, **parameters)

        return run

    for kind in ("many", "maybe", "value", "run"):
        monkeypatch.setattr(Transaction, kind, noting(kind))
    return sent


def a_spec(name: str, version: str = "1.0.0", *inputs: InputDefinition) -> VersionSpec:
    content = VersionContent(inputs=list(inputs))
    return VersionSpec(plugin_name=name, version=version, facts=PluginFacts(), content=content)


async def test_the_inputs_of_a_thousand_versions_are_read_by_one_statement(
    registry: Registry, author: Caller, statements: list[str]
) -> None:
    for number in range(10):  # each takes something else, and its number says so
        taken = InputDefinition(name=f"I{number}", type="input")
        await registry.plugins.create_version(author, a_spec("asked", f"{number}.0.0", taken))
    asked = [AskedVersion(plugin_name="asked", version=f"{place % 10}.0.0") for place in range(1000)]
    statements.clear()

    found = await registry.catalogue.ask(author, asked)

    assert [each.inputs[0].name for each in found if each] == [f"I{place % 10}" for place in range(1000)]
    assert statements == ["ask_versions"]


async def test_a_batch_of_values_is_judged_by_versions_read_at_once(
    registry: Registry, author: Caller, statements: list[str]
) -> None:
    await registry.plugins.create_version(author, a_spec("judged", "1.0.0", InputDefinition(name="N", type="integer")))
    asked = [
        AskedValues(plugin_name="judged", version=f"{1 + place % 2}.0.0", values={"N": place if place % 3 else "x"})
        for place in range(1000)
    ]
    statements.clear()

    found = await registry.contracts.judge_each(author, asked, "en")

    expected = [None if place % 2 else bool(place % 3) for place in range(1000)]
    assert [each and each.valid for each in found] == expected
    assert statements == ["ask_versions"]


async def test_a_contract_from_before_contracts_is_told_to_be_unusable_and_keeps_nobody_from_using_it(
    registry: Registry, author: Caller, cluster: Urls
) -> None:
    await registry.plugins.create_draft(author, a_spec("old"))
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(
                "UPDATE plugin_versions SET inputs = $1 WHERE tenant_id = $2 AND version = '1.0.0'"
                " AND plugin_id = (SELECT id FROM plugins WHERE tenant_id = $2 AND name = 'old')",
                '[{"name": "A", "type": "wheel"}]', author.tenant_id,
            )  # fmt: skip
    finally:
        await connection.close()

    with pytest.raises(ContractUnusable) as raised:
        await registry.contracts.show(author, "old", "1.0.0")
    assert raised.value.facts["pointer"] == "/inputs/0/type"
    steps = [{"task": "old", "variables": {"A": 1}}]
    content = VersionContent(execution={"execution_type": "COMPOSITE", "steps": steps})
    spec = VersionSpec(plugin_name=f"user-{new_id()}", version="1.0.0", facts=PluginFacts(), content=content)
    await registry.plugins.create_draft(author, spec)
