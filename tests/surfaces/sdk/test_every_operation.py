"""Nothing of the contract is left out of this suite."""

import ast
from pathlib import Path

import pytest
from huaweicloudsdkcloudide.v2 import CloudIDEClient
from huaweicloudsdkcodeartspipeline.v2 import CodeArtsPipelineClient

from tests.surfaces.contract.facts import Operation, operations


def _driven(client: str) -> set[str]:
    """The methods that the tests beside this one call on an SDK client: `<hand>.<client>.<method>(...)`, or by reference."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("test_*.py")]
    return {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == client
    }


def test_every_operation_of_the_contract_is_driven_through_the_sdk() -> None:
    assert len(operations()) == 31
    assert set(operations()) - _driven("sdk") == set()


def test_every_operation_on_rules_that_the_sdk_has_is_driven_through_it() -> None:
    known = {each.id for each in operations("rules_policies").values() if each.in_sdk}
    assert len(known) == 13
    assert known - _driven("sdk") == set()


def test_every_operation_of_ides_is_driven_through_their_sdk() -> None:
    assert len(operations("ide_marketplace")) == 18
    assert set(operations("ide_marketplace")) - _driven("ide") == set()


@pytest.mark.parametrize("operation", operations("rules_policies").values(), ids=lambda it: it.id)
def test_the_sdk_has_the_operations_on_rules_that_it_is_said_to_have(operation: Operation) -> None:
    assert hasattr(CodeArtsPipelineClient, operation.id) is operation.in_sdk


@pytest.mark.parametrize("operation", operations().values(), ids=lambda it: it.id)
def test_the_sdk_has_the_operation(operation: Operation) -> None:
    assert callable(getattr(CodeArtsPipelineClient, operation.id))


@pytest.mark.parametrize("operation", operations("ide_marketplace").values(), ids=lambda it: it.id)
def test_the_sdk_of_ides_has_the_operation(operation: Operation) -> None:
    assert callable(getattr(CloudIDEClient, operation.id))
