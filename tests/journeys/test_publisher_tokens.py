"""A build server gets a publisher token: from an operator at the machine, or from the publisher's owner."""

import json
import re

import httpx
import pytest
from click.testing import CliRunner

from app.__main__ import main
from tests.accounts import Account
from tests.builders import a_name
from tests.person import Meet, Person
from tests.program import Server, run, run_json

TAKES_ONE = "/plugport/v1/uploads/limits"
NOBODY = "0" * 32


def status(server: Server, token: str) -> int:
    return httpx.get(f"{server.url}{TAKES_ONE}", headers={"x-publisher-token": token}, timeout=30).status_code


def test_an_operator_makes_lists_and_ends_a_token_beside_the_running_server(
    server: Server, account: Account, author: Person
) -> None:
    env, publisher = server.environment, author.publisher(a_name("publisher"))
    made = run_json(
        "publisher-token", "create", "--publisher", publisher, "--user", author.member.name, "--tenant", account.name,
        "--name", "nightly", "--days", "7", env=env,
    )  # fmt: skip
    token = made.pop("token")
    assert re.fullmatch(r"pp_pub_[0-9A-Za-z]{46}", token)
    assert (made["name"], made["publisher_id"], made["user_id"]) == ("nightly", publisher, author.member.user.id)
    assert status(server, token) == 200

    told = run_json("publisher-token", "list", "--tenant", account.id, "--publisher", publisher, env=env)
    assert told["total"] == 1
    assert told["tokens"][0]["last_used_at"] is not None
    assert told["tokens"] == [made | {"last_used_at": told["tokens"][0]["last_used_at"]}]
    assert token not in json.dumps(told)

    ended = run_json("publisher-token", "revoke", made["id"], env=env)
    assert ended["revoked_at"] is not None
    assert status(server, token) == 401
    assert run_json("publisher-token", "revoke", made["id"], env=env) == ended
    for_people = run("publisher-token", "list", "--tenant", account.name, env=env).stdout
    assert made["hint"] in for_people
    assert "revoked" in for_people


def test_a_token_made_by_an_operator_is_in_its_holders_hands(
    server: Server, account: Account, author: Person, meet: Meet
) -> None:
    """The operator's command may name any user of the tenant; what the token may do is what that user may."""
    robot, publisher = account.user("author"), author.publisher(a_name("publisher"))
    done = CliRunner(env=server.environment).invoke(
        main, ["publisher-token", "create", "--publisher", publisher, "--user", robot.name, "--tenant", account.name]
    )
    assert done.exit_code == 0, done.output
    (token,) = re.findall(r"\bpp_pub_[0-9A-Za-z]{46}\b", done.stdout)
    assert status(server, token) == 200
    for person in (author, meet(robot)):
        (row,) = person.http.get("/plugport/v1/publisher-tokens").json()["tokens"]
        assert row["user_id"] == robot.user.id
    robot.disable()
    assert status(server, token) == 401


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create", "--publisher", NOBODY, "--user", "{user}", "--tenant", "{tenant}"), "PLUGPORT.00030001"),
        (("create", "--publisher", "{publisher}", "--user", "{user}", "--tenant", "plugport"), "PLUGPORT.00020007"),
        (("create", "--publisher", "{publisher}", "--user", "admin", "--tenant", "plugport"), "PLUGPORT.00030001"),
        (("create", "--publisher", "{publisher}", "--user", "nobody", "--tenant", "{tenant}"), "PLUGPORT.00020007"),
        (("create", "--publisher", "{publisher}", "--user", "{gone}", "--tenant", "{tenant}"), "PLUGPORT.00020009"),
        (
            ("create", "--publisher", "{publisher}", "--user", "{user}", "--tenant", "{tenant}", "--days", "366"),
            "PLUGPORT.00010002",
        ),
        (
            ("create", "--publisher", "{publisher}", "--user", "{user}", "--tenant", "{tenant}", "--name", " "),
            "PLUGPORT.00010002",
        ),
        (("list", "--tenant", "nobody"), "PLUGPORT.00020007"),
        (("list", "--tenant", "plugport", "--publisher", "{publisher}"), "PLUGPORT.00030001"),
        (("revoke", NOBODY), "PLUGPORT.00020007"),
        (("revoke", "no id"), "PLUGPORT.00020007"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    server: Server, account: Account, author: Person, arguments: tuple[str, ...], code: str
) -> None:
    gone = account.user("author")
    gone.disable()
    words = {
        "publisher": author.publisher(a_name("publisher")), "user": author.member.name, "tenant": account.name,
        "gone": gone.name,
    }  # fmt: skip
    said = ["publisher-token", *(each.format(**words) for each in arguments), "--json"]
    done = CliRunner(env=server.environment).invoke(main, said)
    assert done.exit_code == 1, done.output
    assert json.loads(done.stdout)["error_code"] == code
