"""Every operation asked by every role: allowed or refused as the one table of permissions says."""

from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest

from app.registry.access.permissions import PERMISSIONS
from schemas.model.access import Role
from tests.accounts import NewAccount
from tests.builders import a_name, a_plugin, a_version
from tests.person import Meet, Person, people
from tests.surfaces.contract.facts import operations

OURS = {
    "show_icon": ("GET", "/api/v1/{domain_id}/common/get-plugin-icon"),
    "list_publishers_to_decide": ("GET", "/plugport/v1/publishers"),
    "accept_publisher": ("POST", "/plugport/v1/publishers/none/accept"),
    "reject_publisher": ("POST", "/plugport/v1/publishers/none/reject"),
    "show_publisher_case": ("GET", "/plugport/v1/publishers/none"),
    "suspend_publisher": ("POST", "/plugport/v1/publishers/none/suspend"),
    "reinstate_publisher": ("POST", "/plugport/v1/publishers/none/reinstate"),
    "verify_publisher": ("POST", "/plugport/v1/publishers/none/verify"),
    "unverify_publisher": ("POST", "/plugport/v1/publishers/none/unverify"),
    "list_memberships": ("GET", "/plugport/v1/my-publishers"),
    "show_membership": ("GET", "/plugport/v1/my-publishers/none"),
    "reapply_publisher": ("POST", "/plugport/v1/my-publishers/none/reapply"),
    "change_publisher_member": ("PUT", "/plugport/v1/my-publishers/none/members/none"),
    "remove_publisher_member": ("DELETE", "/plugport/v1/my-publishers/none/members/none"),
    "invite_to_publisher": ("POST", "/plugport/v1/my-publishers/none/invitations"),
    "revoke_publisher_invitation": ("DELETE", "/plugport/v1/my-publishers/none/invitations/none"),
    "hand_over_publisher": ("POST", "/plugport/v1/my-publishers/none/transfer"),
    "list_publisher_invitations": ("GET", "/plugport/v1/publisher-invitations"),
    "accept_publisher_invitation": ("POST", "/plugport/v1/publisher-invitations/none/accept"),
    "decline_publisher_invitation": ("POST", "/plugport/v1/publisher-invitations/none/decline"),
    "set_system_review": ("PUT", "/plugport/v1/publishers/none/system-review"),
    "set_publisher_review": ("PUT", "/plugport/v1/publishers/none/publisher-review"),
    "list_extension_versions_in_review": ("GET", "/plugport/v1/moderation/extension-versions"),
    "approve_extension_version": ("POST", "/plugport/v1/moderation/extension-versions/none/approve"),
    "reject_extension_version": ("POST", "/plugport/v1/moderation/extension-versions/none/reject"),
    "list_releases": ("GET", "/plugport/v1/releases"),
    "show_release": ("GET", "/plugport/v1/releases/none"),
    "submit_release": ("POST", "/plugport/v1/releases/none/submit"),
    "withdraw_release": ("POST", "/plugport/v1/releases/none/withdraw"),
    "deprecate_release": ("POST", "/plugport/v1/releases/none/deprecate"),
    "undeprecate_release": ("POST", "/plugport/v1/releases/none/undeprecate"),
    "yank_release": ("POST", "/plugport/v1/releases/none/yank"),
    "unyank_release": ("POST", "/plugport/v1/releases/none/unyank"),
    "appeal_release": ("POST", "/plugport/v1/releases/none/appeal"),
    "quarantine_release": ("POST", "/plugport/v1/releases/none/quarantine"),
    "list_reviews": ("GET", "/plugport/v1/reviews"),
    "show_review_metrics": ("GET", "/plugport/v1/reviews/metrics"),
    "show_review": ("GET", "/plugport/v1/reviews/none"),
    "claim_review": ("POST", "/plugport/v1/reviews/none/claim"),
    "release_review_claim": ("DELETE", "/plugport/v1/reviews/none/claim"),
    "decide_review": ("POST", "/plugport/v1/reviews/none/decide"),
    "list_review_rules": ("GET", "/plugport/v1/review-rules"),
    "set_review_rule": ("PUT", "/plugport/v1/review-rules"),
    "delete_review_rule": ("DELETE", "/plugport/v1/review-rules/none"),
    "set_publisher_sensitive": ("PUT", "/plugport/v1/publishers/none/sensitive"),
    "list_audit_entries": ("GET", "/plugport/v1/audit/entries"),
    "export_audit_entries": ("GET", "/plugport/v1/audit/export"),
    "show_audit_checkpoint": ("GET", "/plugport/v1/audit/checkpoint"),
    "list_notifications": ("GET", "/plugport/v1/inbox"),
    "mark_notification_read": ("POST", "/plugport/v1/inbox/9007199254740991/read"),
    "mark_notifications_read": ("POST", "/plugport/v1/inbox/9007199254740991/read-older"),
    "create_webhook": ("POST", "/plugport/v1/webhooks"),
    "list_webhooks": ("GET", "/plugport/v1/webhooks"),
    "update_webhook": ("PUT", "/plugport/v1/webhooks/none"),
    "renew_webhook_secret": ("POST", "/plugport/v1/webhooks/none/secret"),
    "delete_webhook": ("DELETE", "/plugport/v1/webhooks/none"),
    "list_webhook_deliveries": ("GET", "/plugport/v1/webhooks/none/deliveries"),
    "try_webhook": ("POST", "/plugport/v1/webhooks/none/trial"),
    "replay_webhook_delivery": ("POST", "/plugport/v1/webhooks/none/deliveries/none/replay"),
    "list_reports": ("GET", "/plugport/v1/moderation/reports"),
    "uphold_report": ("POST", "/plugport/v1/moderation/reports/9223372036854775807/uphold"),
    "dismiss_report": ("POST", "/plugport/v1/moderation/reports/9223372036854775807/dismiss"),
    "show_contract": ("GET", "/plugport/v1/plugins/none/versions/1.0.0/contract"),
    "judge_values": ("POST", "/plugport/v1/plugins/none/versions/1.0.0/values"),
    "judge_value_batch": ("POST", "/plugport/v1/contracts/values"),
    "try_contract": ("POST", "/plugport/v1/contracts/trial"),
    "fit_contracts": ("POST", "/plugport/v1/contracts/fit"),
    "show_contract_difference": ("GET", "/plugport/v1/plugins/none/versions/1.0.0/contract/difference"),
    "allow_broken_promise": ("PUT", "/plugport/v1/plugins/none/versions/1.0.0/contract/allowance"),
    "withdraw_broken_promise": ("DELETE", "/plugport/v1/plugins/none/versions/1.0.0/contract/allowance"),
    "download_package": ("GET", "/plugport/v1/plugins/none/versions/1.0.0/package"),
    "download_package_by_digest": ("GET", "/plugport/v1/packages/none"),
    "read_download_counts": ("GET", "/plugport/v1/plugins/none/versions/1.0.0/downloads"),
    "download_extension": ("GET", "/plugport/v1/extensions/none/none/1.0.0/universal/package"),
    "read_install_counts": ("GET", "/plugport/v1/extensions/none/none/installs"),
    "show_task_icon": ("GET", "/plugport/v1/extension-tasks/none/icon"),
    "upload_file_publisher": ("POST", "/v2/fileservice/file/upload"),
    "list_extensions": ("POST", "/v1/marketplace/extension/extensionquery"),
    "show_extension_detail": ("POST", "/v1/marketplace/extension/public/detail"),
    "show_category_list": ("GET", "/v1/marketplace/extension/category"),
    "list_my_publishers": ("GET", "/v1/marketplace/publishers/mine"),
    "upload_extension_file": ("POST", "/v1/marketplace/file/plugin"),
    "show_extension_testing_result": ("GET", "/v1/marketplace/extension/none/status"),
    "publish_extension": ("POST", "/v1/marketplace/extension/none/archiving"),
    "add_extension_star": ("POST", "/v1/marketplace/star"),
    "show_extension_evaluation_star": ("GET", "/v1/marketplace/feedback/star"),
    "add_extension_evaluation": ("POST", "/v1/marketplace/extension/evaluation"),
    "show_extension_evaluation": ("GET", "/v1/marketplace/feedback/evaluation"),
    "add_extension_evaluation_reply": ("POST", "/v1/marketplace/extension/evaluation/reply"),
    "check_malicious_extension_evaluation": ("POST", "/v1/marketplace/extension/evaluation/accusation"),
    "delete_evaluation": ("DELETE", f"/v1/marketplace/evaluation/{10**18 - 1}"),
    "delete_evaluation_reply": ("DELETE", f"/v1/marketplace/evaluation/reply/{10**18 - 1}"),
    "show_extension_authorization": ("GET", "/v2/extension/authorization"),
    "create_extension_authorization": ("POST", "/v2/extension/authorization/none"),
    "create_upload": ("POST", "/plugport/v1/uploads"),
    "show_upload_limits": ("GET", "/plugport/v1/uploads/limits"),
    "list_uploads": ("GET", "/plugport/v1/uploads"),
    "show_upload": ("GET", "/plugport/v1/uploads/none"),
    "add_chunk": ("PUT", "/plugport/v1/uploads/none/chunks/1"),
    "create_chunk_urls": ("POST", "/plugport/v1/uploads/none/chunk-urls"),
    "complete_upload": ("POST", "/plugport/v1/uploads/none/complete"),
    "abort_upload": ("DELETE", "/plugport/v1/uploads/none"),
    "create_publisher_token": ("POST", "/plugport/v1/publisher-tokens"),
    "list_publisher_tokens": ("GET", "/plugport/v1/publisher-tokens"),
    "revoke_publisher_token": ("DELETE", "/plugport/v1/publisher-tokens/none"),
    "show_token": ("GET", "/v3/auth/tokens"),
    "revoke_token": ("DELETE", "/v3/auth/tokens"),
    "list_projects": ("GET", "/v3/projects"),
    "list_auth_projects": ("GET", "/v3/auth/projects"),
    "list_auth_domains": ("GET", "/v3/auth/domains"),
}
OF_PROJECTS = {
    "create_project_rule_set": ("POST", "/plugport/v1/gates/rule-sets"),
    "show_project_rule_set": ("GET", "/plugport/v1/gates/rule-sets/none"),
    "update_project_rule_set": ("PUT", "/plugport/v1/gates/rule-sets/none"),
    "delete_project_rule_set": ("DELETE", "/plugport/v1/gates/rule-sets/none"),
    "switch_project_rule_set": ("PUT", "/plugport/v1/gates/rule-sets/none/switch"),
    "judge_run": ("POST", "/plugport/v1/gates/verdict"),
}
CONTRACT = [*operations().values(), *operations("rules_policies").values()]
ROUTES = {each.id: (each.method, each.path) for each in CONTRACT} | OURS | OF_PROJECTS
WITHOUT_ROUTE = {  # commands of operators
    "create_tenant", "create_project", "create_user", "disable_user", "create_access_key", "revoke_access_key",
    "revoke_all_tokens", "list_jobs", "retry_job", "create_publisher_token_for_user", "list_publisher_tokens_of_tenant",
    "revoke_publisher_token_anywhere", "collect_garbage", "scrub_blobs", "show_audit_heads", "verify_everything",
    "show_checks", "rerun_checks",
}  # fmt: skip


@pytest.fixture(scope="module")
def by_role(new_account: NewAccount) -> Iterator[dict[Role, Person]]:
    """Somebody of each role, all of one account."""
    account = new_account()
    with people() as meet:
        yield {role: meet(account.user(str(role))) for role in Role}


def test_every_row_of_the_table_is_asked_here() -> None:
    assert set(PERMISSIONS) == set(ROUTES) | WITHOUT_ROUTE


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("operation", ROUTES)
def test_a_role_may_do_what_the_table_says_and_nothing_else(
    by_role: dict[Role, Person], role: Role, operation: str
) -> None:
    method, path = ROUTES[operation]
    person = by_role[role]

    places = {name: "none" for _, name, _, _ in Formatter().parse(path) if name}
    places |= {"domain_id": person.account_id, "project_id": person.member.account.project.id}
    answer = person.http.request(method, path.format(**places))

    refused = answer.status_code == 403
    assert refused == (role not in PERMISSIONS[operation]), answer.text
    if refused:
        assert answer.json()["error_code"] == "PLUGPORT.00020003"
        assert operation in answer.json()["error_msg"]
    else:
        assert answer.status_code in (200, 400, 404), answer.text


@pytest.mark.parametrize(
    ("role", "writes"), [("viewer", False), ("reviewer", False), ("author", True), ("admin", True)]
)
def test_who_may_write_writes_and_who_may_not_changes_nothing(
    meet: Meet, new_account: NewAccount, role: str, writes: bool
) -> None:
    account, name = new_account(), a_name()
    person, reader = meet(account.user(role)), meet(account.user("viewer"))

    answer = person.ask("create_plugin_version", body=a_version(name))

    assert answer.status_code == (200 if writes else 403)
    assert (reader.row(name) is not None) == writes


def test_roles_add_up(meet: Meet, new_account: NewAccount, judge: Person) -> None:
    both = meet(new_account().user("author", "operator"))

    publisher = both.publisher(a_name("house"))
    both.accept(publisher)

    assert [each["publisher_unique_id"] for each in both.do("list_available_publisher")] == [publisher]


def test_where_nobody_maintains_a_plugin_every_author_of_the_tenant_does(author: Person, meet: Meet) -> None:
    colleague, name = meet(author.member.account.user("author")), a_name()
    author.do("create_plugin_version", body=a_version(name))

    colleague.do("update_plugin_base_info", body=a_plugin(name, description="by a colleague"))
    colleague.do("create_plugin_version", body=a_version(name, "1.1.0"))

    assert author.numbers(name) == ["1.1.0", "1.0.0"]


def test_where_maintainers_are_named_only_they_and_administrators_change_it(author: Person, meet: Meet) -> None:
    account, name = author.member.account, a_name()
    maintainer, colleague, admin = (meet(account.user(role)) for role in ("author", "author", "admin"))
    author.do("create_plugin_version", body=a_version(name, maintainers=f'["{maintainer.member.user.id}"]'))

    attempts: dict[str, dict[str, Any]] = {
        "update_plugin_base_info": {"body": a_plugin(name)},
        "update_basic_plugin": {"body": a_plugin(name)},
        "create_plugin_draft": {"body": a_version(name, "2.0.0")},
        "create_plugin_version": {"body": a_version(name, "2.0.0")},
        "delete_basic_plugin": {"plugin_name": name},
        "publish_plugin_bind": {"body": {"plugin_name": name, "publisher_unique_id": "0" * 32}},
        "upload_basic_plugin": {"plugin_name": name, "file": b"PK"},
    }
    for operation, asked in attempts.items():
        assert colleague.refused(403, operation, **asked)["error_code"] == "PLUGPORT.00040010"

    for number, person in enumerate((author, maintainer, admin), start=2):
        person.do("create_plugin_version", body=a_version(name, f"{number}.0.0"))
    row = author.row(name)
    assert row is not None
    assert (row["version"], row["maintainers"]) == ("4.0.0", f'["{maintainer.member.user.id}"]')


@pytest.mark.parametrize("text", ["x", "[1]", '["a", ""]', "{}", '["' + "a" * 65 + '"]'])
def test_maintainers_are_a_json_array_of_ids_inside_a_text(author: Person, text: str) -> None:
    refusal = author.refused(400, "create_plugin_version", body=a_version(a_name(), maintainers=text))

    assert refusal["error_msg"].startswith("maintainers: ")
