"""The official test suite of JSON Schema, draft 2020-12, through our validator.

`draft2020-12.json.xz` holds `json/tests/draft2020-12/*.json` of the jsonschema 4.26.0 source distribution in one object, by file
name; its licence (MIT) lies beside it. Its optional tests are about formats, which are annotations here.
"""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from referencing.exceptions import Unresolvable

from app.registry.contracts.json_schema import compile_schema

SUITE: dict[str, list[dict[str, Any]]] = json.loads(
    lzma.decompress(Path(__file__).with_name("draft2020-12.json.xz").read_bytes())
)

REMOTE = "It refers to a schema at another address, and nothing is ever fetched."
EXCEPTED = {
    ("dynamicRef", "strict-tree schema, guards against misspelled properties"): REMOTE,
    ("dynamicRef", "tests for implementation dynamic anchor and reference link"): REMOTE,
    ("dynamicRef", "$ref and $dynamicAnchor are independent of order - $defs first"): REMOTE,
    ("dynamicRef", "$ref and $dynamicAnchor are independent of order - $ref first"): REMOTE,
    ("dynamicRef", "$ref to $dynamicRef finds detached $dynamicAnchor"): REMOTE,
    ("refRemote", "remote ref"): REMOTE,
    ("refRemote", "fragment within remote ref"): REMOTE,
    ("refRemote", "anchor within remote ref"): REMOTE,
    ("refRemote", "ref within remote ref"): REMOTE,
    ("refRemote", "base URI change"): REMOTE,
    ("refRemote", "base URI change - change folder"): REMOTE,
    ("refRemote", "base URI change - change folder in subschema"): REMOTE,
    ("refRemote", "root ref in remote ref"): REMOTE,
    ("refRemote", "remote ref with ref to defs"): REMOTE,
    ("refRemote", "Location-independent identifier in remote ref"): REMOTE,
    ("refRemote", "retrieved nested refs resolve relative to their URI not $id"): REMOTE,
    ("refRemote", "remote HTTP ref with different $id"): REMOTE,
    ("refRemote", "remote HTTP ref with different URN $id"): REMOTE,
    ("refRemote", "remote HTTP ref with nested absolute ref"): REMOTE,
    ("refRemote", "$ref to $ref finds detached $anchor"): REMOTE,
    (
        "vocabulary",
        "schema that uses custom metaschema with with no validation vocabulary",
    ): "Its meta-schema is at another address too, and only the vocabularies of the draft itself are taken.",
}
GROUPS = [(file, group) for file, groups in SUITE.items() for group in groups]


def wrong(group: dict[str, Any]) -> list[str]:
    """The tests of the group that come out otherwise than the suite says."""
    found = []
    for test in group["tests"]:
        try:
            valid = next(compile_schema(group["schema"]).iter_errors(test["data"]), None) is None
        except Unresolvable:
            valid = None
        if valid is not test["valid"]:
            found.append(test["description"])
    return found


def test_the_suite_is_whole() -> None:
    assert (len(GROUPS), sum(len(group["tests"]) for _, group in GROUPS)) == (368, 1257)


@pytest.mark.parametrize("file", SUITE)
def test_every_group_that_is_not_excepted_comes_out_as_the_suite_says(file: str) -> None:
    failed = {
        group["description"]: tests
        for group in SUITE[file]
        if (file, group["description"]) not in EXCEPTED and (tests := wrong(group))
    }
    assert failed == {}


def test_every_excepted_group_is_there_and_fails() -> None:
    named = {(file, group["description"]): group for file, group in GROUPS}
    assert EXCEPTED.keys() <= named.keys()
    assert [name for name in EXCEPTED if not wrong(named[name])] == []
