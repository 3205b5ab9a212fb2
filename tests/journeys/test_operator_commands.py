"""What operators do with the program, beside a running server and without one."""

import json
import os
import stat
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from app.__main__ import main
from schemas.model.access import IssuedAccessKey
from tests.accounts import Account
from tests.builders import a_vsix
from tests.person import Meet
from tests.program import Server, environment, free_port, run, run_json
from tests.publishing import a_waiting_publisher, checked, uploaded
from tests.signing import signed

PASSWORD = "a password of operators"
MISSING, TAKEN, INVALID = "PLUGPORT.00020007", "PLUGPORT.00020005", "PLUGPORT.00010002"


def log_in(server: Server, user: str, account: str, password: str = PASSWORD) -> httpx.Response:
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": user, "password": password, "domain": {"name": account}}},
    }
    return httpx.post(f"{server.url}/v3/auth/tokens", json={"auth": {"identity": identity}}, timeout=30)


def test_an_account_is_set_up_beside_the_running_server(server: Server) -> None:
    env, name = server.environment, f"acme-{os.urandom(4).hex()}"

    tenant = run_json("tenant", "create", name, env=env)
    project = run_json("project", "create", "eu", "--tenant", name, env=env)
    user = run_json(
        "user", "create", "ada", "--tenant", tenant["id"], "--role", "author", "--role", "viewer", "--password-stdin",
        env=env, stdin=PASSWORD + "\n",
    )  # fmt: skip
    key = run_json("access-key", "create", "--user", "ada", "--tenant", name, env=env)

    assert tenant == {"id": tenant["id"], "name": name, "official": False}
    assert project == {"id": project["id"], "tenant_id": tenant["id"], "name": "eu"}
    assert user == {"id": user["id"], "tenant_id": tenant["id"], "name": "ada", "roles": ["author", "viewer"]}
    assert key.keys() == {"access_key", "secret_key"}
    assert log_in(server, "ada", name).status_code == 201
    with httpx.Client(base_url=server.url) as client:
        answer = client.send(signed(client, IssuedAccessKey(**key), "GET", "/v3/projects"))
    assert [project["id"]] == [each["id"] for each in answer.json()["projects"]]


def test_credentials_are_ended_beside_the_running_server(server: Server) -> None:
    env, name = server.environment, f"acme-{os.urandom(4).hex()}"
    run_json("tenant", "create", name, env=env)
    for user in ("ada", "bob"):
        run_json(
            "user", "create", user, "--tenant", name, "--role", "author", "--password-stdin", env=env, stdin=PASSWORD
        )
    tokens = [log_in(server, user, name).headers["x-subject-token"] for user in ("ada", "ada", "bob")]
    key = run_json("access-key", "create", "--user", "bob", "--tenant", name, env=env)

    def statuses() -> list[int]:
        return [
            httpx.get(f"{server.url}/v3/projects", headers={"X-Auth-Token": token}, timeout=30).status_code
            for token in tokens
        ]

    assert statuses() == [200, 200, 200]
    assert run_json("token", "revoke-all", "--tenant", name, "--user", "ada", env=env) == {"revoked": 2}
    assert statuses() == [401, 401, 200]
    assert run_json("user", "disable", "bob", "--tenant", name, env=env)["name"] == "bob"
    assert statuses() == [401, 401, 401]
    assert log_in(server, "bob", name).status_code == 401
    assert run_json("access-key", "revoke", key["access_key"], env=env) == {"access_key": key["access_key"]}
    assert run_json("token", "revoke-all", "--tenant", name, env=env) == {"revoked": 1}


def test_the_same_commands_work_without_a_server(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    id = "0123456789abcdef" * 2

    assert run_json("tenant", "create", "acme", "--id", id, "--official", env=env) == {
        "id": id, "name": "acme", "official": True,
    }  # fmt: skip
    shown = run("project", "create", "eu", "--tenant", "acme", env=env)

    assert shown.returncode == 0
    assert shown.stdout.startswith("Project eu has the id ")
    assert not list((tmp_path / "data").glob("postgres/data/postmaster.pid"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("tenant", "create", " acme"), INVALID),
        (("tenant", "create", "acme", "--id", "17"), INVALID),
        (("tenant", "create", "plugport"), TAKEN),
        (("project", "create", "default", "--tenant", "plugport"), TAKEN),
        (("project", "create", "x", "--tenant", "nobody"), MISSING),
        (("user", "create", "x", "--tenant", "plugport", "--role", "king", "--password-stdin"), INVALID),
        (("user", "disable", "nobody", "--tenant", "plugport"), MISSING),
        (("access-key", "create", "--user", "nobody", "--tenant", "plugport"), MISSING),
        (("access-key", "revoke", "PPNOSUCHKEY"), MISSING),
        (("token", "revoke-all", "--user", "admin"), INVALID),
        (("publisher", "accept", "0" * 32), "PLUGPORT.00030001"),
    ],
)
def test_a_failure_is_one_sentence(server: Server, arguments: tuple[str, ...], code: str) -> None:
    program = CliRunner(env=server.environment)  # in this process, for speed
    for_people = program.invoke(main, arguments, input=PASSWORD)
    for_scripts = program.invoke(main, [*arguments, "--json"], input=PASSWORD)

    assert (for_people.exit_code, for_people.stdout) == (1, "")
    assert for_people.stderr.count("\n") == 1
    assert (for_scripts.exit_code, for_scripts.stderr) == (1, "")
    assert json.loads(for_scripts.stdout) == {"error_code": code, "error_msg": for_people.stderr.strip()}


def test_a_short_password_is_refused_and_never_shown(server: Server) -> None:
    done = run(
        "user", "create", "x", "--tenant", "plugport", "--role", "admin", "--password-stdin", env=server.environment,
        stdin="geheim\n",
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == "password: A password has 8 to 256 characters.\n"


def test_a_database_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    env = environment(tmp_path, PLUGPORT_DATABASE_URL="postgresql://somebody:geheim@127.0.0.1:1/plugport")

    done = run("tenant", "create", "acme", env=env)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "geheim" not in done.stderr


def test_a_wrong_setting_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    done = run("migrate", env=environment(tmp_path, PLUGPORT_TOKEN_HOUR="1"))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "PLUGPORT_TOKEN_HOUR is not a setting; PLUGPORT_TOKEN_HOURS is.\n"


def test_what_the_program_keeps_is_its_users_alone(server: Server) -> None:
    modes = {name: stat.S_IMODE((server.data_dir / name).stat().st_mode) for name in ("admin-password", "secret.key")}
    assert modes == {"admin-password": 0o600, "secret.key": 0o600}


def test_migrating_again_changes_nothing(server: Server) -> None:
    assert run_json("migrate", env=server.environment) == {"applied": []}


def test_serving_announces_itself_as_one_json_object_when_asked_to(tmp_path: Path) -> None:
    with Server(tmp_path, port=free_port(), arguments=("--json",)) as server:
        announced = json.loads(server.log.read_text(encoding="utf-8").splitlines()[0])

    assert announced == {
        "url": server.url,
        "user": "admin",
        "tenant": "plugport",
        "password_file": str(tmp_path / "admin-password"),
    }


def test_what_checks_found_is_shown_and_old_releases_are_checked_again(
    server: Server, account: Account, meet: Meet
) -> None:
    env, author = server.environment, meet(account.user("author"))
    task_id = uploaded(
        author, a_vsix(a_waiting_publisher(author).name, files={"extension/.env": b"AKIA" + b"ABCDEFGHIJKLMNOP"})
    )
    assert checked(author, task_id)["security"]["status"] == "failed"

    shown = run_json("checks", "show", task_id, env=env)
    (secrets,) = [each for each in shown["checks"] if each["name"] == "secrets"]
    assert (shown["kind"], secrets["outcome"], secrets["blocking"]) == ("extension", "fail", True)
    assert [(each["rule"], each["entry"], each["line"]) for each in secrets["findings"]] == [
        ("secret.aws-key", "extension/.env", 1)
    ]
    assert "secret.aws-key  extension/.env, line 1" in run("checks", "show", task_id, env=env).stdout
    assert run_json("checks", "rerun", "--kind", "extension", "--since-rule-set", "1", env=env)["enqueued"] == 0
    refused = run("checks", "rerun", "--since-rule-set", "99", "--json", env=env)
    assert (refused.returncode, "from 1 to" in json.loads(refused.stdout)["error_msg"]) == (1, True)
    unknown = run("checks", "show", "0" * 32, "--json", env=env)
    assert json.loads(unknown.stdout)["error_code"] == "PLUGPORT.00210002"
