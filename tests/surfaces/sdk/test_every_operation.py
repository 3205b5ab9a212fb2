"""Nothing of the contract is left out of this suite."""

import ast
from pathlib import Path

import pytest
from huaweicloudsdkcodeartspipeline.v2 import CodeArtsPipelineClient

from tests.surfaces.contract.facts import Operation, operations


def _driven() -> set[str]:
    """The methods that the tests beside this one call on an SDK client: `<hand>.sdk.<method>(...)`, or by reference."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("test_*.py")]
    return {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "sdk"
    }


def test_every_operation_of_the_contract_is_driven_through_the_sdk() -> None:
    assert len(operations()) == 31
    assert set(operations()) - _driven() == set()


@pytest.mark.parametrize("operation", operations().values(), ids=lambda it: it.id)
def test_the_sdk_has_the_operation(operation: Operation) -> None:
    assert callable(getattr(CodeArtsPipelineClient, operation.id))
