"""What a tenant does with its publishers over HTTP, and what another tenant sees of them."""

import re
import secrets
from typing import Any

import httpx
import pytest

from tests.accounts import Account, Member, NewAccount

_FIELDS = {
    "publisher_unique_id", "user_id", "tenant_id", "description", "logo_url", "website", "support_url", "source_url",
    "en_name", "name", "auth_status", "is_delete", "last_update_user_name", "last_update_user_id", "last_update_time",
}  # fmt: skip


class Desk:
    """The publisher paths of an account, as one of its users calls them."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.client = member.client()
        self.path = f"/v1/{member.account.id}/publisher"

    def create(self, default_name: str, /, **more: Any) -> httpx.Response:
        body = {"name": default_name, "en_name": default_name, "support_url": "help@example.com", **more}
        return self.client.post(f"{self.path}/create", json=body)

    def query(self, **query: Any) -> httpx.Response:
        return self.client.get(f"{self.path}/query-all", params=query)

    def created(self, en_name: str, **more: Any) -> dict[str, Any]:
        """A new publisher as the list shows it."""
        answer = self.create(en_name, **more)
        assert (answer.status_code, answer.json()) == (200, True), answer.text
        return next(row for row in self.query(name=en_name, limit=1000).json()["data"] if row["en_name"] == en_name)

    def delete(self, publisher_id: str) -> httpx.Response:
        return self.client.delete(f"{self.path}/delete", params={"publisher_unique_id": publisher_id})

    def details(self, *ids: str) -> dict[str, Any]:
        answer = self.client.post(f"{self.path}/detail", json=list(ids))
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["publisher_detail_map"])

    def optional(self) -> list[dict[str, Any]]:
        return list(self.client.get(f"{self.path}/optional-publisher").json())

    def post(self, path: str, **body: Any) -> None:
        answer = self.client.post(f"/v1/{self.member.account.id}/agent-plugin/{path}", json=body)
        assert (answer.status_code, answer.json()) == (200, True), answer.text

    def plugin(self, publisher: dict[str, Any]) -> str:
        """A new released plug-in that is bound to the publisher."""
        name = f"p{secrets.token_hex(8)}"
        self.post("create", plugin_name=name, display_name=name, version="1.0.0", business_type="Build")
        self.post("publish-plugin-bind", plugin_name=name, version="1.0.0",
                  publisher_unique_id=publisher["publisher_unique_id"])  # fmt: skip
        return name

    def publish(self, name: str, publisher: dict[str, Any]) -> None:
        """Shows a bound plug-in to everybody."""
        self.post("publish-plugin", plugin_name=name, version="1.0.0",
                  publisher_unique_id=publisher["publisher_unique_id"])  # fmt: skip


@pytest.fixture
def desk(account: Account) -> Desk:
    return Desk(account.user("author"))


def accept(operator: Member, publisher: dict[str, Any]) -> None:
    answer = operator.client().post(f"/plugport/v1/publishers/{publisher['publisher_unique_id']}/accept")
    assert answer.status_code == 200, answer.text


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def test_a_new_publisher_waits_for_a_decision(desk: Desk) -> None:
    row = desk.created("new_tech", description="What\nwe do", website="https://example.com/")
    user = desk.member.user
    assert row.keys() == _FIELDS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", row.pop("last_update_time"))
    assert re.fullmatch(r"[0-9a-f]{32}", row.pop("publisher_unique_id"))
    assert row == {
        "user_id": user.id, "tenant_id": desk.member.account.id, "description": "What\nwe do", "logo_url": "",
        "website": "https://example.com/", "support_url": "help@example.com", "source_url": "", "en_name": "new_tech",
        "name": "new_tech", "auth_status": "processing", "is_delete": 0, "last_update_user_name": user.name,
        "last_update_user_id": user.id,
    }  # fmt: skip


def test_an_id_that_a_client_brings_is_passed_over(desk: Desk) -> None:
    assert desk.created("own_id", publisher_unique_id="a" * 32)["publisher_unique_id"] != "a" * 32


def test_an_english_name_is_unique_in_the_tenant_whatever_its_case(desk: Desk, new_account: NewAccount) -> None:
    desk.created("Same_Name")
    assert _code(desk.create("same_NAME")) == (409, "PLUGPORT.00030002")
    Desk(new_account().user("author")).created("same_name")


def test_a_deleted_name_can_be_given_again_by_the_same_tenant(desk: Desk) -> None:
    first = desk.created("again")
    assert desk.delete(first["publisher_unique_id"]).json() is True
    assert desk.created("again")["publisher_unique_id"] != first["publisher_unique_id"]


def test_only_an_administrator_names_another_owner(account: Account) -> None:
    author, other, admin = Desk(account.user("author")), account.user("author"), Desk(account.user("admin"))
    assert _code(author.create("theirs", user_id=other.user.id))[0] == 403
    assert author.created("mine", user_id=author.member.user.id)["user_id"] == author.member.user.id
    assert admin.created("theirs", user_id=other.user.id)["user_id"] == other.user.id


def test_an_owner_is_a_user_of_the_tenant(account: Account, new_account: NewAccount) -> None:
    admin, stranger = Desk(account.user("admin")), new_account().user("author")
    for user_id in (stranger.user.id, "nobody", admin.member.name):
        answer = admin.create("x", user_id=user_id)
        assert answer.status_code == 400
        assert "user_id" in answer.json()["error_msg"]


@pytest.mark.parametrize("field", ["name", "en_name", "support_url"])
@pytest.mark.parametrize("value", [None, "", "\x00", "a\nb", "x" * 2000, 5, []])
def test_what_a_publisher_needs_is_asked_for_by_name(desk: Desk, field: str, value: Any) -> None:
    answer = desk.create("fine", **{field: value})
    assert answer.status_code == 400
    assert field in answer.json()["error_msg"]


@pytest.mark.parametrize("field", ["website", "source_url", "logo_url", "support_url"])
def test_no_address_runs_anything(desk: Desk, field: str) -> None:
    answer = desk.create("fine", **{field: "javascript:alert(1)"})
    assert answer.status_code == 400
    assert field in answer.json()["error_msg"]


def test_a_viewer_reads_and_changes_nothing(account: Account) -> None:
    publisher = Desk(account.user("author")).created("readable")
    viewer = Desk(account.user("viewer"))
    assert viewer.query().json()["total"] == 1
    assert viewer.create("mine").status_code == 403
    assert viewer.delete(publisher["publisher_unique_id"]).status_code == 403


def test_the_list_shows_the_latest_change_first(desk: Desk, operator: Member) -> None:
    first = desk.created("first")
    for en_name in ("second", "third"):
        desk.created(en_name)
    assert [row["en_name"] for row in desk.query().json()["data"]] == ["third", "second", "first"]
    accept(operator, first)
    assert [row["en_name"] for row in desk.query().json()["data"]] == ["first", "third", "second"]


def test_a_list_has_pages_and_an_exact_total(desk: Desk) -> None:
    for number in range(12):
        desk.created(f"n{number:02}")
    page = desk.query().json()
    assert (page["offset"], page["limit"], page["total"], len(page["data"])) == (0, 10, 12, 10)
    page = desk.query(offset="10", limit="5").json()
    assert (page["offset"], page["limit"], page["total"]) == (10, 5, 12)
    assert [row["en_name"] for row in page["data"]] == ["n01", "n00"]
    assert desk.query(offset="1000000000").json()["data"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("offset", "-1"), ("offset", "x"), ("offset", "1000000001"), ("limit", "0"), ("limit", "1001"), ("limit", "1.5")],
)
def test_pages_out_of_bounds_are_refused_by_name(desk: Desk, name: str, value: str) -> None:
    answer = desk.query(**{name: value})
    assert answer.status_code == 400
    assert name in answer.json()["error_msg"]


def test_the_list_is_searched_by_a_part_of_either_name(desk: Desk) -> None:
    desk.created("alpha_x", name="示例 100% Made")
    desk.created("beta.y", name="Beta\\Y")
    found = {text: [row["en_name"] for row in desk.query(name=text).json()["data"]] for text in (
        "ALPHA", "示例", "100%", "made", "%", "_", "\\", "A.y", ".*", "", "nothing")}  # fmt: skip
    assert found == {
        "ALPHA": ["alpha_x"], "示例": ["alpha_x"], "100%": ["alpha_x"], "made": ["alpha_x"], "%": ["alpha_x"],
        "_": ["alpha_x"], "\\": ["beta.y"], "A.y": ["beta.y"], ".*": [], "": ["beta.y", "alpha_x"], "nothing": [],
    }  # fmt: skip


def test_query_names_that_mean_nothing_are_passed_over(desk: Desk) -> None:
    desk.created("there")
    assert desk.query(_="1699357492733", x="y").json()["total"] == 1


def test_only_accepted_publishers_can_be_chosen(desk: Desk, operator: Member) -> None:
    desk.created("waiting")
    accepted, gone = (
        desk.created(f"t{secrets.token_hex(8)}") for _ in range(2)
    )  # names of accepted ones are taken for good
    assert desk.optional() == []
    accept(operator, accepted)
    accept(operator, gone)
    desk.delete(gone["publisher_unique_id"])
    (row,) = desk.optional()
    assert (row["publisher_unique_id"], row["auth_status"]) == (accepted["publisher_unique_id"], "accept")
    assert row["last_update_user_id"] == operator.user.id


def test_details_are_found_by_id_and_what_is_unknown_is_left_out(desk: Desk) -> None:
    publisher, gone = desk.created("known"), desk.created("gone")
    desk.delete(gone["publisher_unique_id"])
    id = publisher["publisher_unique_id"]
    assert desk.details(id, id, "0" * 32, "no id", gone["publisher_unique_id"]) == {id: publisher}
    assert desk.details() == {}


@pytest.mark.parametrize("body", [b"{}", b"[1]", b'[""]', b'["\\u0000"]', b"[null]", b'["x', b"", b"null"])
def test_details_take_an_array_of_ids_and_nothing_else(desk: Desk, body: bytes) -> None:
    answer = desk.client.post(f"{desk.path}/detail", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json().keys() == {"error_code", "error_msg"}


def test_another_tenant_sees_a_publisher_once_something_is_published_under_it(
    desk: Desk, operator: Member, new_account: NewAccount
) -> None:
    publisher, stranger = desk.created(f"t{secrets.token_hex(8)}"), Desk(new_account().user("author"))
    id = publisher["publisher_unique_id"]
    accept(operator, publisher)
    name = desk.plugin(publisher)
    assert stranger.details(id) == {}
    desk.publish(name, publisher)
    seen = stranger.details(id)[id]
    assert (seen["en_name"], seen["tenant_id"]) == (publisher["en_name"], desk.member.account.id)
    assert (seen["user_id"], seen["last_update_user_id"], seen["last_update_user_name"]) == ("", "", "")
    assert stranger.query(name=publisher["en_name"]).json()["total"] == 0
    assert stranger.optional() == []


def test_another_tenants_publisher_cannot_be_told_from_a_missing_one(desk: Desk, new_account: NewAccount) -> None:
    publisher, stranger = desk.created("private"), Desk(new_account().user("admin"))
    foreign = stranger.delete(publisher["publisher_unique_id"])
    missing = stranger.delete("0" * 32)
    assert _code(foreign) == (404, "PLUGPORT.00030001")
    assert foreign.json() == missing.json()
    assert desk.query().json()["total"] == 1


def test_the_path_names_the_callers_own_account(desk: Desk, new_account: NewAccount) -> None:
    other = new_account()
    for path in ("query-all", "optional-publisher"):
        assert desk.client.get(f"/v1/{other.id}/publisher/{path}").status_code == 403


def test_a_deleted_publisher_is_gone(desk: Desk) -> None:
    id = desk.created("short")["publisher_unique_id"]
    assert desk.delete(id).json() is True
    assert desk.query().json()["total"] == 0
    assert _code(desk.delete(id)) == (404, "PLUGPORT.00030001")


@pytest.mark.parametrize("id", ["x", "A" * 32, "0" * 31])
def test_what_is_no_id_names_no_publisher(desk: Desk, id: str) -> None:
    assert _code(desk.delete(id)) == (404, "PLUGPORT.00030001")


def test_deleting_needs_an_id(desk: Desk) -> None:
    answer = desk.client.delete(f"{desk.path}/delete")
    assert answer.status_code == 400
    assert "publisher_unique_id" in answer.json()["error_msg"]


def test_a_publisher_with_bound_plugins_stays_and_the_answer_names_them(desk: Desk) -> None:
    publisher = desk.created("bound")
    name = desk.plugin(publisher)
    answer = desk.delete(publisher["publisher_unique_id"])
    assert _code(answer) == (409, "PLUGPORT.00030004")
    assert name in answer.json()["error_msg"]
    removed = desk.client.delete(f"/v3/{desk.member.account.id}/extension/info/delete", params={"plugin_name": name})
    assert removed.status_code == 200, removed.text
    assert desk.delete(publisher["publisher_unique_id"]).json() is True
