"""Whatever is wrong with a request to the marketplace is a 4xx that names the field at fault."""

import json
from typing import Any

import httpx
import pytest

from tests.person import Person
from tests.publishing import MARKETPLACE, details, search

QUERY = f"{MARKETPLACE}/extension/extensionquery"
DETAIL = f"{MARKETPLACE}/extension/public/detail"
REPLY = f"{MARKETPLACE}/extension/evaluation/reply"
NOBODY = "0" * 32


def a_filter(**changes: Any) -> dict[str, Any]:
    return {"criteria": [], "page_number": 1, "page_size": 10} | changes


def a_query(*criteria: dict[str, Any], flags: Any = 0, **changes: Any) -> dict[str, Any]:
    return {"filters": [a_filter(criteria=list(criteria), **changes)], "flags": flags}


def a_criterion(kind: Any, value: Any = "x") -> dict[str, Any]:
    return {"filter_type": kind, "value": value}


def refused(answer: httpx.Response, field: str) -> None:
    """Checks a 400 that begins with the field."""
    assert answer.status_code == 400, answer.text
    assert answer.json()["error_msg"].startswith(f"{field}: "), answer.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"filters": [a_filter()]}, "flags"),
        ({"flags": 0}, "filters"),
        ({"filters": [], "flags": 0}, "filters"),
        ({"filters": [a_filter()] * 21, "flags": 0}, "filters"),
        *((a_query(flags=flags), "flags") for flags in (1, 3, 32, -2, "2", 2.5)),
        *((a_query(a_criterion(kind)), "filters[0].criteria[0].filter_type") for kind in (0, 6, 9, 11, 109, -1, "1")),
        (a_query({"filter_type": 1}), "filters[0].criteria[0].value"),
        (a_query({"value": "x"}), "filters[0].criteria[0].filter_type"),
        (a_query(a_criterion(1, "x" * 1025)), "filters[0].criteria[0].value"),
        (a_query(a_criterion(1, "\x00")), "filters[0].criteria[0].value"),
        (a_query(a_criterion(1, 1)), "filters[0].criteria[0].value"),
        (a_query(*[a_criterion(1)] * 51), "filters[0].criteria"),
        *((a_query(page_number=number), "filters[0].page_number") for number in (0, -1, 10**20, "1", 1.5)),
        *((a_query(page_size=size), "filters[0].page_size") for size in (0, 101, "1")),
        *((a_query(sort_by=order), "filters[0].sort_by") for order in (0, 4, "1")),
        *((a_query(sort_order=order), "filters[0].sort_order") for order in (0, 3)),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_search_names_what_is_wrong(ada: Person, body: Any, field: str) -> None:
    refused(ada.http.post(QUERY, json=body), field)


@pytest.mark.parametrize(
    "criterion",
    [a_criterion(kind, value) for kind in (12, 13) for value in ("", "x", "1.5", "-2", "99999999999999999999")]
    + [a_criterion(kind, "SLEEPING") for kind in (102, 103)]
    + [a_criterion(108, json.dumps([f"{n}" for n in range(101)])), a_criterion(108, "[1"), a_criterion(108, "[[]]")]
    + [a_criterion(kind, "") for kind in (2, 19)]
    + [a_criterion(10, "x" * 300)],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_value_that_means_nothing_to_its_criterion_is_refused(ada: Person, criterion: dict[str, Any]) -> None:
    answer = ada.http.post(QUERY, json=a_query(criterion))

    assert answer.status_code == 400, answer.text
    assert "filters[0].criteria[0].value" in answer.json()["error_msg"]


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 7, 8, 10, 18, 19, 107, 108])
@pytest.mark.parametrize(
    "value", ["'; DROP TABLE zzyzxq; --", "%_\\%", "{\"'}", "\U0001f600", "a:*&!|()<->b", "\u202e"]
)
def test_a_hostile_value_finds_nothing(ada: Person, kind: int, value: str) -> None:
    assert search(ada, (kind, value))["extensions"] == []


@pytest.mark.parametrize(
    "ids",
    ["", [], [""], 1, None, "x" * 9000, ["x"] * 101, ",", "[", "[1]", "{}\x00", '["\\u0000"]', ",".join("abc" * 34)],
)
def test_ids_that_are_none_are_refused(ada: Person, ids: Any) -> None:
    answer = ada.http.post(DETAIL, json={"ids": ids})

    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert answer.json()["error_msg"].startswith("ids")
    else:
        assert ids == ",".join("abc" * 34)  # the same three again and again
        assert answer.json()["results"][0]["extensions"] == []


def test_a_hundred_ids_are_taken_and_one_more_is_not(ada: Person) -> None:
    ids = [f"{number:032x}" for number in range(101)]

    assert details(ada, ids[:100]) == details(ada, ",".join(ids[:100])) == []
    refused(ada.http.post(DETAIL, json={"ids": ",".join(ids)}), "ids")
    refused(ada.http.post(DETAIL, json={"ids": json.dumps(ids)}), "ids")


@pytest.mark.parametrize("official", ["", "VSCode", "CodeArtsIDEOnline "])
def test_a_package_is_for_the_ide_that_there_is(ada: Person, official: str) -> None:
    files = {"file": ("tool.vsix", b"PK")}

    refused(ada.http.post(f"{MARKETPLACE}/file/plugin", params={"official": official}, files=files), "official")


def test_the_ide_and_the_file_are_needed(ada: Person) -> None:
    refused(ada.http.post(f"{MARKETPLACE}/file/plugin", files={"file": ("tool.vsix", b"PK")}), "official")
    other = {"upload_file": ("tool.vsix", b"PK")}
    asked = {"official": "CodeArtsIDEOnline"}
    refused(ada.http.post(f"{MARKETPLACE}/file/plugin", params=asked, files=other), "file")


@pytest.mark.parametrize("name", ["../tool.vsix", "a/b.vsix", "..", "x" * 256])
def test_a_file_has_a_name_without_a_path(ada: Person, name: str) -> None:
    files = {"file": (name, b"PK")}

    answer = ada.http.post(f"{MARKETPLACE}/file/plugin", params={"official": "CodeArtsIDEOnline"}, files=files)

    refused(answer, "file")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (f"{MARKETPLACE}/extension/{NOBODY}/archiving", {"type": 2}, "type"),
        (f"{MARKETPLACE}/extension/{NOBODY}/archiving", {"type": "1"}, "type"),
        (f"{MARKETPLACE}/extension/{NOBODY}/archiving", {}, "type"),
        *(
            (f"{MARKETPLACE}/star", {"extension_id": NOBODY, "stars": stars}, "stars")
            for stars in (0, 6, "5", 4.5, True)
        ),
        (f"{MARKETPLACE}/star", {"extension_id": NOBODY, "stars": 5, "comment": "x" * 2001}, "comment"),
        (f"{MARKETPLACE}/star", {"stars": 5}, "extension_id"),
        (f"{MARKETPLACE}/extension/evaluation", {"extension_id": NOBODY, "text": ""}, "text"),
        (f"{MARKETPLACE}/extension/evaluation", {"extension_id": NOBODY, "text": "x" * 4001}, "text"),
        (f"{MARKETPLACE}/extension/evaluation", {"extension_id": NOBODY, "text": "a\u202eb"}, "text"),
        (REPLY, {"evaluation_id": "one", "text": "x"}, "evaluation_id"),
        (REPLY, {"evaluation_id": "9" * 19, "text": "x"}, "evaluation_id"),
        (REPLY, {"evaluation_id": -1, "text": "x"}, "evaluation_id"),
        (REPLY, {"reply_id": "١", "text": "x"}, "reply_id"),
        (REPLY, {"text": "x"}, "evaluation_id"),
        (REPLY, {"evaluation_id": "", "reply_id": "", "text": "x"}, "evaluation_id"),
        (f"{MARKETPLACE}/extension/evaluation/accusation", {"evaluation_id": "1", "content": ""}, "content"),
        ("/v2/extension/authorization/ide", {"identifier": "a.b", "extension_version": "1", "status": "YES"}, "status"),
        ("/v2/extension/authorization/ide", {"identifier": "a.b", "status": "AGREE"}, "extension_version"),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_a_body_names_what_is_wrong(ada: Person, path: str, body: Any, field: str) -> None:
    refused(ada.http.post(path, json=body), field)


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/extension/category", {"page_num": 0}, "page_num"),
        ("/extension/category", {"page_size": 101}, "page_size"),
        ("/extension/category", {"support_ide": "x"}, "support_ide"),
        ("/feedback/star", {}, "extension_id"),
        ("/feedback/star", {"extension_id": NOBODY, "limit": 0}, "limit"),
        ("/feedback/evaluation", {"extension_id": NOBODY, "offset": -1}, "offset"),
        ("/publishers/mine", {"name": "x" * 201}, "name"),
    ],
)
def test_a_query_names_what_is_wrong(ada: Person, path: str, query: dict[str, Any], field: str) -> None:
    refused(ada.http.get(f"{MARKETPLACE}{path}", params=query), field)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/extension/none/status"),
        ("GET", f"/feedback/star?extension_id={NOBODY}"),
        ("GET", "/feedback/evaluation?extension_id=none"),
        ("DELETE", "/evaluation/999999999999999999"),
        ("DELETE", "/evaluation/reply/999999999999999999"),
    ],
)
def test_what_is_not_there_is_404(ada: Person, method: str, path: str) -> None:
    answer = ada.http.request(method, f"{MARKETPLACE}{path}")

    assert answer.status_code == 404, answer.text
    assert answer.json()["error_code"].startswith("PLUGPORT.")
