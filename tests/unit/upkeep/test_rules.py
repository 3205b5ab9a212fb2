"""Whose a stored key is, what a reading proves, and what a checkpoint says."""

import msgspec
import pytest

from app.registry.upkeep import rules
from schemas.errors import InvalidField
from schemas.ids import new_id
from schemas.model.upkeep import ChainHead, StoredKey
from storage.blobs import keys
from storage.blobs.proof import Proof

_TENANT, _UPLOAD, _DIGEST = "a" * 32, "b" * 32, "c" * 64


@pytest.mark.parametrize(
    ("key", "digest", "upload_id"),
    [
        (keys.incoming(_TENANT), "", ""),
        (keys.content(_TENANT, _DIGEST), _DIGEST, ""),
        (keys.assembled(_TENANT, _UPLOAD, 3), "", _UPLOAD),
        (keys.part(keys.parts_of(keys.assembled(_TENANT, _UPLOAD, 12)), 10_000, new_id()), "", _UPLOAD),
    ],
    ids=["incoming", "content", "assembled", "part"],
)
def test_every_key_that_we_write_tells_its_tenant_and_who_could_name_it(key: str, digest: str, upload_id: str) -> None:
    assert rules.stored_key(key) == StoredKey(text=key, tenant_id=_TENANT, digest=digest, upload_id=upload_id)


@pytest.mark.parametrize(
    "key",
    [
        "readme.txt",
        "t/readme",
        f"backup/{keys.content(_TENANT, _DIGEST)}",
        f"{keys.content(_TENANT, _DIGEST)}.bak",
        keys.content(_TENANT, _DIGEST.upper()),
        keys.content(_TENANT.upper(), _DIGEST),
        keys.content("x", _DIGEST),
        f"t/{_TENANT}/b/{_DIGEST[1:]}",
        f"t/{_TENANT}/in/left",
        f"t/{_TENANT}/other/{_DIGEST}",
        f"t/{_TENANT}/f/{_UPLOAD}",
        f"t/{_TENANT}/f/{_UPLOAD}-1/1",
        f"t/{_TENANT}/u/{_UPLOAD}-1",
    ],
)
def test_what_we_never_write_is_nobody_of_ours(key: str) -> None:
    assert rules.stored_key(key) is None


def test_a_reading_tells_how_the_bytes_differ() -> None:
    assert rules.damage(_DIGEST, 7, Proof(size=7, sha256=_DIGEST, pieces=b"")) is None
    assert rules.damage(_DIGEST, 7, Proof(size=5, sha256=_DIGEST, pieces=b"")) == "damaged: 5 bytes instead of 7"
    other = "d" * 64
    assert rules.damage(_DIGEST, 7, Proof(size=7, sha256=other, pieces=b"")) == f"damaged: the SHA-256 is {other}"
    assert rules.size_damage(7, 7) is None
    assert rules.size_damage(7, 8) == "damaged: 8 bytes instead of 7"


def test_a_checkpoint_is_read_as_it_was_printed() -> None:
    heads = [
        ChainHead(tenant_id="a" * 32, number=0, hash=""),
        ChainHead(tenant_id="b" * 32, number=7, hash="0" * 64),
    ]
    lines = [msgspec.json.encode(each).decode() for each in heads]
    assert rules.read_checkpoint([lines[0], "", lines[1]]) == {each.tenant_id: each for each in heads}


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "[" * 100_000,
        '{"tenant_id": "x", "number": 1, "hash": ""}',
        f'{{"tenant_id": "{_TENANT}", "number": -1, "hash": ""}}',
        f'{{"tenant_id": "{_TENANT}", "number": 9223372036854775808, "hash": ""}}',
        f'{{"tenant_id": "{_TENANT}", "number": 1, "hash": "ff"}}',
        f'{{"tenant_id": "{_TENANT}", "number": 1}}',
    ],
)
def test_a_checkpoint_that_is_none_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(InvalidField, match="Line 2"):
        rules.read_checkpoint(["", line])
