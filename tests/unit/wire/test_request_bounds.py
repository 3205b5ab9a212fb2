"""No request brings a text without end, a NUL, a wrong type or a word outside a closed set."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import ValidationError

from schemas.wire import text
from schemas.wire.agent_plugin_v1 import (
    FREE_FORM_DEPTH,
    InnerExecutionInfo,
    PluginParts,
    PluginQuery,
    VersionRequest,
)
from schemas.wire.identity_v3 import PasswordUser, TokenRequest
from schemas.wire.plugin_shapes import PluginInfoRequest, WrittenValidation
from schemas.wire.publisher_v1 import PublisherIds, PublisherRequest


def a_version(**more: Any) -> bytes:
    return json.dumps({"plugin_name": "apie_test", "version": "0.0.1", **more}).encode()


def a_login(user: dict[str, Any] | None = None, **more: Any) -> bytes:
    named = {"name": "u", "password": "p", "domain": {"name": "d"}}
    return json.dumps(
        {"auth": {"identity": {"methods": ["password"], "password": {"user": user or named}}, **more}}
    ).encode()


TEXTS = [
    getattr(text, name)
    for name in (
        "PluginName",
        "DisplayName",
        "EnglishName",
        "Id",
        "IdOrEmpty",
        "Name",
        "Label",
        "Code",
        "SearchText",
        "VersionNumber",
        "Address",
        "Description",
        "Maintainers",
        "FileName",
        "Sha256",
        "Md5",
        "LongText",
        "Pattern",
        "Password",
    )
]
LINES = [each for each in TEXTS if each not in (text.Description, text.LongText, text.Pattern, text.Password)]


@pytest.mark.parametrize("kind", TEXTS)
def test_every_text_has_an_end(kind: Any) -> None:
    (meta,) = kind.__metadata__
    assert msgspec.convert("a" * meta.max_length, kind) == "a" * meta.max_length
    with pytest.raises(ValidationError):
        msgspec.convert("a" * (meta.max_length + 1), kind)


@pytest.mark.parametrize("value", ["\x00", "a\x00", "a\x00b", "\x00\n"])
@pytest.mark.parametrize("kind", TEXTS)
def test_no_text_holds_a_nul(kind: Any, value: str) -> None:
    with pytest.raises(ValidationError):
        msgspec.convert(value, kind)


@pytest.mark.parametrize("value", ["a\n", "a\nb", "\na", "a\r", "a\tb", "a\x7f"])
@pytest.mark.parametrize("kind", LINES)
def test_a_line_holds_no_control_character_not_even_at_its_end(kind: Any, value: str) -> None:
    with pytest.raises(ValidationError):
        msgspec.convert(value, kind)


@pytest.mark.parametrize("value", ["", "a b", "a.b", "é", "a/b", "插件"])
def test_a_plugin_name_is_ascii_letters_digits_underscore_and_hyphen(value: str) -> None:
    with pytest.raises(ValidationError, match=r"plugin_name"):
        msgspec.json.decode(json.dumps({"plugin_name": value}), type=PluginInfoRequest)


def test_a_display_name_may_be_chinese() -> None:
    assert msgspec.convert("插件 1.0_a-b", text.DisplayName) == "插件 1.0_a-b"


def test_only_the_name_of_a_plugin_is_needed() -> None:
    assert msgspec.json.decode(b'{"plugin_name": "a"}', type=PluginInfoRequest).display_name is None
    with pytest.raises(ValidationError, match="plugin_name"):
        msgspec.json.decode(b"{}", type=PluginInfoRequest)


@pytest.mark.parametrize("needed", ["plugin_name", "version"])
def test_a_version_needs_its_plugin_and_its_number(needed: str) -> None:
    body = json.loads(a_version())
    del body[needed]
    with pytest.raises(ValidationError, match=needed):
        msgspec.convert(body, VersionRequest)


@pytest.mark.parametrize("needed", ["name", "en_name"])
def test_a_publisher_needs_both_names(needed: str) -> None:
    body = {"name": "aaa", "en_name": "aaa"}
    del body[needed]
    with pytest.raises(ValidationError, match=needed):
        msgspec.convert(body, PublisherRequest)


def test_null_means_absent() -> None:
    optional = [field.name for field in msgspec.structs.fields(VersionRequest) if not field.required]
    taken = msgspec.json.decode(a_version(**dict.fromkeys(optional)), type=VersionRequest)
    assert taken == msgspec.json.decode(a_version(), type=VersionRequest)


def test_unknown_fields_are_ignored() -> None:
    msgspec.json.decode(a_version(colour="red", nested={"a": [1]}), type=VersionRequest)


@pytest.mark.parametrize("value", [True, False, "1", 2, -1, 1.0, 2**70])
def test_is_private_is_the_number_0_or_1(value: object) -> None:
    with pytest.raises(ValidationError, match="is_private"):
        msgspec.json.decode(a_version(is_private=value), type=VersionRequest)


def test_the_spellings_of_the_tables_are_taken() -> None:
    taken = msgspec.json.decode(
        a_version(
            runtime_attributes="agentLess",
            runtime_attribute="agent",
            execution_info={"runtime_attribution": "AGENT", "inner_execution_info": {}},
        ),
        type=VersionRequest,
    )
    assert (taken.runtime_attributes, taken.runtime_attribute) == ("agentLess", "agent")
    assert taken.execution_info is not None
    assert taken.execution_info.runtime_attribution == "AGENT"
    (part,) = msgspec.json.decode(
        b'[{"plugin_name": "a", "plugin_attribute": "official", "version_attributes": "formal"}]', type=PluginParts
    )
    assert (part.plugin_attribute, part.version_attributes) == ("official", "formal")


def test_a_validation_is_a_text_or_an_object() -> None:
    taken = msgspec.json.decode(
        a_version(input_info=[{"name": "a", "validation": "{}"}, {"name": "b", "validation": {"max_length": 3}}]),
        type=VersionRequest,
    )
    assert taken.input_info is not None
    assert [each.validation for each in taken.input_info] == ["{}", WrittenValidation(max_length=3)]


def test_a_run_definition_is_kept_whole() -> None:
    inner = {"execution_type": "CONTAINER", "image": "busybox", "limits": {"cpu": 1.5, "tags": [1, None, True]}}
    taken = msgspec.json.decode(a_version(execution_info={"inner_execution_info": inner}), type=VersionRequest)
    assert taken.execution_info is not None
    assert taken.execution_info.inner_execution_info == inner
    assert msgspec.convert(inner, InnerExecutionInfo).execution_type == "CONTAINER"


@pytest.mark.parametrize("inner", [{"a": "\x00"}, {"\x00": 1}, {"a": [{"b": "x\x00y"}]}])
def test_a_run_definition_holds_no_nul(inner: object) -> None:
    with pytest.raises(ValidationError, match="NUL"):
        msgspec.json.decode(a_version(execution_info={"inner_execution_info": inner}), type=VersionRequest)


def test_a_run_definition_is_nested_so_deep_and_no_deeper() -> None:
    inner: dict[str, Any] = {}
    for _ in range(FREE_FORM_DEPTH - 1):
        inner = {"a": inner}
    msgspec.json.decode(a_version(execution_info={"inner_execution_info": inner}), type=VersionRequest)
    with pytest.raises(ValidationError, match="nesting"):
        msgspec.json.decode(a_version(execution_info={"inner_execution_info": {"a": inner}}), type=VersionRequest)


@pytest.mark.parametrize(
    ("kind", "one", "most"),
    [(PluginParts, {"plugin_name": "a"}, 1000), (PublisherIds, "a", 1000)],
    ids=["plugin parts", "publisher ids"],
)
def test_a_list_has_an_end(kind: Any, one: object, most: int) -> None:
    assert len(msgspec.convert([one] * most, kind)) == most
    with pytest.raises(ValidationError):
        msgspec.convert([one] * (most + 1), kind)


def test_so_many_inputs_and_steps_and_no_more() -> None:
    msgspec.json.decode(a_version(input_info=[{"name": "a"}] * 200), type=VersionRequest)
    with pytest.raises(ValidationError, match="input_info"):
        msgspec.json.decode(a_version(input_info=[{"name": "a"}] * 201), type=VersionRequest)
    msgspec.convert({"steps": [{"task": "a"}] * 100}, InnerExecutionInfo)
    with pytest.raises(ValidationError, match="steps"):
        msgspec.convert({"steps": [{"task": "a"}] * 101}, InnerExecutionInfo)


@pytest.mark.parametrize("field", ["business_type", "plugin_attribution"])
def test_an_empty_filter_is_no_filter_and_a_wrong_word_is_refused(field: str) -> None:
    def asked(word: str) -> bytes:
        return json.dumps({field: [word] if field == "business_type" else word}).encode()

    msgspec.json.decode(asked(""), type=PluginQuery)
    with pytest.raises(ValidationError, match=field):
        msgspec.json.decode(asked("nonsense"), type=PluginQuery)


@pytest.mark.parametrize("scope", [None, "unscoped", {"project": {"id": "a"}}, {"domain": {"name": "d"}}])
def test_a_login_may_have_a_scope(scope: object) -> None:
    msgspec.json.decode(a_login(scope=scope), type=TokenRequest)


@pytest.mark.parametrize(
    "scope", ["everywhere", {}, {"project": {}}, {"domain": {}}, {"project": {"id": "a"}, "domain": {"id": "b"}}, 1]
)
def test_a_scope_names_one_project_or_one_account(scope: object) -> None:
    with pytest.raises(ValidationError, match="scope"):
        msgspec.json.decode(a_login(scope=scope), type=TokenRequest)


@pytest.mark.parametrize(
    "user", [{"password": "p"}, {"password": "p", "name": "u"}, {"id": "u"}, {"id": "u", "password": ""}]
)
def test_a_user_is_named_and_has_a_password(user: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="user"):
        msgspec.json.decode(a_login(user), type=TokenRequest)


def test_a_password_is_never_shown() -> None:
    login = msgspec.json.decode(a_login({"id": "u", "password": "open sesame"}), type=TokenRequest)
    assert login.auth.identity.password.user == PasswordUser(id="u", password="open sesame")
    assert "sesame" not in repr(login)
