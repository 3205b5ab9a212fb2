"""Bodies that no operation should be sent, to every operation that takes JSON."""

import json
from typing import Any

import httpx
import pytest

from tests.accounts import Account
from tests.surfaces.hostile.described import BODIES, WITH_JSON, Described, fields, fits, refusal, resolved, survived

NOT_JSON = [
    b"{", b"}", b"nul", b"{'a': 1}", b'{"a": 1,}', b'{"a" 1}', b"[1 2]", b"NaN", b"Infinity", b"-", b"01", b"+1", b"\x00",
    b'{"plugin_name": NaN}', b'{"plugin_name": "\x00"}', b'{"plugin_name": "\xff\xfe"}', b'{"plugin_name": "\xed\xa0\x80"}',
    b'"\\x"', b'"\\ud83d', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"[" * 5000, b'{"a":' * 5000, b"{}{}", b"{} x",
    b"[" * 5000 + b"]" * 5000, b'{"plugin_name":' * 5000 + b"1" + b"}" * 5000,
]  # fmt: skip
WRONG = [True, 17, 2**70, 1.5, "", "a" * 70_000, "\n", "\x00", [], [[]], {}, {"a": {}}, "💣"]
every_body = pytest.mark.parametrize("operation", BODIES, ids=lambda each: each.id)
every_operation = pytest.mark.parametrize("operation", WITH_JSON, ids=lambda each: each.id)


def send(client: httpx.Client, account: Account, operation: Described, body: bytes, **headers: str) -> httpx.Response:
    sent = {"Content-Type": "application/json", **headers}
    return client.request(operation.method, operation.url(account.id), content=body, headers=sent)


@every_operation
def test_what_is_no_json_is_refused(client: httpx.Client, victim: Account, operation: Described) -> None:
    assert operation.body is not None
    known = next(iter(resolved(operation.body).get("properties", {"a": {}}))).encode()  # what is unknown is not read
    for body in NOT_JSON:
        refusal(send(client, victim, operation, body.replace(b"plugin_name", known)), 400)


@every_operation
def test_json_of_another_kind_is_refused(client: httpx.Client, victim: Account, operation: Described) -> None:
    assert operation.body is not None
    for value in (*WRONG, None):
        answer = send(client, victim, operation, json.dumps(value).encode())
        if not fits(operation.body, value) and (value is not None or operation.body_required):
            refusal(answer, 400)
        survived(answer)


@every_operation
def test_a_body_is_needed_where_the_document_says_so(
    client: httpx.Client, victim: Account, operation: Described
) -> None:
    answer = send(client, victim, operation, b"")

    if operation.body_required:
        refusal(answer, 400)
    else:
        assert answer.status_code == 200


@every_body
def test_a_field_of_the_wrong_kind_is_named(client: httpx.Client, victim: Account, operation: Described) -> None:
    assert operation.body is not None
    for name, schema, body in fields(operation.body, operation.example):
        for value in WRONG:
            if fits(schema, value):
                continue
            told = refusal(send(client, victim, operation, json.dumps(body(value)).encode()), 400)
            assert name in told["error_msg"], f"{name} = {value!r:.40}: {told}"


@every_body
def test_a_text_or_list_one_too_long_is_refused_and_named(
    client: httpx.Client, victim: Account, operation: Described
) -> None:
    assert operation.body is not None
    for name, schema, body in fields(operation.body, operation.example):
        bounded = resolved(schema)
        if "maxLength" in bounded:
            value: Any = "a" * (bounded["maxLength"] + 1)
        elif "maxItems" in bounded:
            value = [{"name": "a"} if resolved(bounded["items"]).get("type") == "object" else "Test"] * (
                bounded["maxItems"] + 1
            )
        else:
            continue
        told = refusal(send(client, victim, operation, json.dumps(body(value)).encode()), 400)
        assert name in told["error_msg"], f"{name}: {told}"


@every_body
def test_a_nul_is_refused_and_its_field_named(client: httpx.Client, victim: Account, operation: Described) -> None:
    assert operation.body is not None
    for name, schema, body in fields(operation.body, operation.example):
        if resolved(schema).get("type") == "string":
            told = refusal(send(client, victim, operation, json.dumps(body("a\x00b")).encode()), 400)
            assert name in told["error_msg"], f"{name}: {told}"
        elif name == "inner_execution_info":  # free-form
            for value in ({"a": ["\x00"]}, {"\x00": 1}):
                told = refusal(send(client, victim, operation, json.dumps(body(value)).encode()), 400)
                assert "execution_info" in told["error_msg"]


@every_body
@pytest.mark.parametrize("half", [r"\ud800", r"\udc00", r"\udfff\ud800"])
def test_half_a_character_is_refused(client: httpx.Client, victim: Account, operation: Described, half: str) -> None:
    assert operation.body is not None
    for _, schema, body in fields(operation.body, operation.example):
        for value in ["@here@", {"a": ["@here@"]}, {"@here@": 1}]:
            if fits(schema, value):
                sent = json.dumps(body(value)).replace("@here@", half).encode()
                refusal(send(client, victim, operation, sent), 400)


@every_operation
def test_fields_that_nobody_knows_are_passed_over(client: httpx.Client, victim: Account, operation: Described) -> None:
    if not isinstance(operation.example, dict):
        return
    answer = send(client, victim, operation, json.dumps({**operation.example, "no_such_field": [{}]}).encode())
    assert answer.status_code != 400 or "no_such_field" not in answer.text
    survived(answer)


@every_body
def test_a_key_that_stands_twice_is_no_fault_of_ours(
    client: httpx.Client, victim: Account, operation: Described
) -> None:
    assert operation.body is not None
    for name, _, body in fields(operation.body, operation.example):
        text = json.dumps(body("@here@")).replace('"@here@"', f'1, "{name}": "a"')
        survived(send(client, victim, operation, text.encode()))


@every_operation
@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
        "\xff",
    ],
)
def test_another_content_type_is_no_fault_of_ours(
    client: httpx.Client, victim: Account, operation: Described, media_type: str
) -> None:
    for body in (b"a=1", json.dumps(operation.example).encode(), b"--x--"):
        headers = httpx.Headers([("Content-Type", media_type)], encoding="latin-1")
        survived(client.request(operation.method, operation.url(victim.id), content=body, headers=headers))


@every_operation
def test_three_mebibytes_are_too_many(client: httpx.Client, victim: Account, operation: Described) -> None:
    for body in (b'"' + b"a" * 3 * 2**20 + b'"', b"[" + b"0," * (3 * 2**19) + b"0]"):
        refusal(send(client, victim, operation, body), 413)


@every_operation
def test_an_array_of_many_is_refused(client: httpx.Client, victim: Account, operation: Described) -> None:
    for entry in (b"0", b"{}", b"[]", b'""'):
        refusal(send(client, victim, operation, b"[" + (entry + b",") * 100_000 + entry + b"]"), 400)


def test_what_a_bare_array_may_hold_has_an_end(client: httpx.Client, victim: Account) -> None:
    parts = json.dumps([{"plugin_name": "a"}] * 1001).encode()
    ids = json.dumps(["a"] * 1001).encode()
    for operation in WITH_JSON:
        if operation.path.endswith(("/plugin-input", "/plugin-output", "/plugin-metrics")):
            refusal(send(client, victim, operation, parts), 400)
        if operation.id == "show_publisher":
            refusal(send(client, victim, operation, ids), 400)
