"""Which role may do what: one table, asked for every request. A route whose operation has no row fails a test.

The rows are the operation ids of the contract (the official SDK's method names) and our own.
"""

from schemas.errors import OperationNotAllowed
from schemas.model.access import Caller, Role

_EVERYBODY = frozenset(Role)
_AUTHORS = frozenset({Role.AUTHOR, Role.ADMIN, Role.OPERATOR})
_ADMINS = frozenset({Role.ADMIN, Role.OPERATOR})
_OPERATORS = frozenset({Role.OPERATOR})

PERMISSIONS: dict[str, frozenset[Role]] = {
    # identity
    "show_token": _EVERYBODY,
    "revoke_token": _EVERYBODY,
    "list_projects": _EVERYBODY,
    "list_auth_projects": _EVERYBODY,
    "list_auth_domains": _EVERYBODY,
    # plug-ins, as their authors see them
    "create_plugin_version": _AUTHORS,
    "create_plugin_draft": _AUTHORS,
    "update_plugin_draft": _AUTHORS,
    "publish_plugin_draft": _AUTHORS,
    "delete_plugin_draft": _AUTHORS,
    "update_plugin_base_info": _AUTHORS,
    "publish_plugin": _AUTHORS,
    "publish_plugin_bind": _AUTHORS,
    "create_basic_plugin": _AUTHORS,
    "update_basic_plugin": _AUTHORS,
    "delete_basic_plugin": _AUTHORS,
    "upload_basic_plugin": _AUTHORS,
    "list_plugins": _EVERYBODY,
    "list_p_lugin_version": _EVERYBODY,
    "list_plugin_version_number": _EVERYBODY,
    "show_plugin_version": _EVERYBODY,
    "show_plugin_inputs": _EVERYBODY,
    "show_plugin_outputs": _EVERYBODY,
    "show_plugin_metrics": _EVERYBODY,
    "show_basic_plugin": _EVERYBODY,
    # contracts: what versions take and give
    "show_contract": _EVERYBODY,
    "judge_values": _EVERYBODY,
    "judge_value_batch": _EVERYBODY,
    "try_contract": _EVERYBODY,
    "fit_contracts": _EVERYBODY,
    # packages on their way out
    "download_package": _EVERYBODY,
    "download_package_by_digest": _EVERYBODY,
    "read_download_counts": _AUTHORS,
    "download_extension": _EVERYBODY,
    "read_install_counts": _AUTHORS,
    "show_task_icon": _EVERYBODY,
    # icons
    "upload_plugin_icon": _AUTHORS,
    "upload_publisher_icon": _AUTHORS,
    "show_icon": _EVERYBODY,
    # publishers
    "create_publisher": _AUTHORS,
    "delete_publisher": _AUTHORS,
    "set_publisher_review": _AUTHORS,
    "list_publisher": _EVERYBODY,
    "list_available_publisher": _EVERYBODY,
    "show_publisher": _EVERYBODY,
    # publisher tokens; the use-cases show and end only those in the caller's hands
    "create_publisher_token": _AUTHORS,
    "list_publisher_tokens": _EVERYBODY,
    "revoke_publisher_token": _EVERYBODY,
    # uploads in chunks
    "upload_file_publisher": _AUTHORS,
    "create_upload": _AUTHORS,
    "show_upload_limits": _EVERYBODY,
    "list_uploads": _EVERYBODY,
    "show_upload": _EVERYBODY,
    "add_chunk": _AUTHORS,
    "create_chunk_urls": _AUTHORS,
    "complete_upload": _AUTHORS,
    "abort_upload": _AUTHORS,
    # extensions of IDEs; `list_my_publishers` is the contract's second list_publisher
    "list_extensions": _EVERYBODY,
    "show_extension_detail": _EVERYBODY,
    "show_category_list": _EVERYBODY,
    "list_my_publishers": _EVERYBODY,
    "upload_extension_file": _AUTHORS,
    "show_extension_testing_result": _EVERYBODY,
    "publish_extension": _AUTHORS,
    # what users say of extensions; the use-cases let only authors and moderators delete
    "add_extension_star": _EVERYBODY,
    "show_extension_evaluation_star": _EVERYBODY,
    "add_extension_evaluation": _EVERYBODY,
    "show_extension_evaluation": _EVERYBODY,
    "add_extension_evaluation_reply": _EVERYBODY,
    "check_malicious_extension_evaluation": _EVERYBODY,
    "delete_evaluation": _EVERYBODY,
    "delete_evaluation_reply": _EVERYBODY,
    "show_extension_authorization": _EVERYBODY,
    "create_extension_authorization": _EVERYBODY,
    # what pipelines may use
    "list_stage_plugins": _EVERYBODY,
    "list_base_plugins": _EVERYBODY,
    "list_base_plugins_new_post": _EVERYBODY,
    "list_modules_detail": _EVERYBODY,
    # the record of changes; the use-cases show operators every tenant's, others their own
    "list_audit_entries": _ADMINS,
    "export_audit_entries": _ADMINS,
    "show_audit_checkpoint": _ADMINS,
    # what users and programs are told of
    "list_notifications": _EVERYBODY,
    "mark_notification_read": _EVERYBODY,
    "mark_notifications_read": _EVERYBODY,
    "create_webhook": _ADMINS,
    "list_webhooks": _ADMINS,
    "update_webhook": _ADMINS,
    "renew_webhook_secret": _ADMINS,
    "delete_webhook": _ADMINS,
    "list_webhook_deliveries": _ADMINS,
    "try_webhook": _ADMINS,
    "replay_webhook_delivery": _ADMINS,
    # quality gates: administrators set them for all projects, authors within a project
    "show_rule": _EVERYBODY,
    "list_rule": _EVERYBODY,
    "create_rule": _ADMINS,
    "update_rule": _ADMINS,
    "delete_rule": _ADMINS,
    "show_strategy": _EVERYBODY,
    "list_strategy": _EVERYBODY,
    "create_strategy": _ADMINS,
    "update_strategy": _ADMINS,
    "delete_strategy": _ADMINS,
    "switch_strategy": _ADMINS,
    "show_project_strategy": _EVERYBODY,
    "list_project_strategy": _EVERYBODY,
    "show_tenant_open_source_rule_set": _EVERYBODY,
    "list_tenant_open_source_rule_sets": _EVERYBODY,
    "create_tenant_open_source_rule_set": _ADMINS,
    "update_tenant_open_source_rule_set": _ADMINS,
    "delete_tenant_open_source_rule_set": _ADMINS,
    "switch_tenant_open_source_rule_set": _ADMINS,
    "show_project_open_source_rule_set": _EVERYBODY,
    "list_project_open_source_rule_sets": _EVERYBODY,
    "show_project_rule_set": _EVERYBODY,
    "create_project_rule_set": _AUTHORS,
    "update_project_rule_set": _AUTHORS,
    "delete_project_rule_set": _AUTHORS,
    "switch_project_rule_set": _AUTHORS,
    "judge_run": _EVERYBODY,
    # the platform's operators
    "create_tenant": _OPERATORS,
    "create_project": _OPERATORS,
    "create_user": _OPERATORS,
    "disable_user": _OPERATORS,
    "create_access_key": _OPERATORS,
    "revoke_access_key": _OPERATORS,
    "revoke_all_tokens": _OPERATORS,
    "create_publisher_token_for_user": _OPERATORS,
    "list_publisher_tokens_of_tenant": _OPERATORS,
    "revoke_publisher_token_anywhere": _OPERATORS,
    "list_publishers_to_decide": _OPERATORS,
    "accept_publisher": _OPERATORS,
    "reject_publisher": _OPERATORS,
    "set_system_review": _OPERATORS,
    "list_extension_versions_in_review": _OPERATORS,
    "approve_extension_version": _OPERATORS,
    "reject_extension_version": _OPERATORS,
    "list_reports": _OPERATORS,
    "uphold_report": _OPERATORS,
    "dismiss_report": _OPERATORS,
    "list_jobs": _OPERATORS,
    "retry_job": _OPERATORS,
    "collect_garbage": _OPERATORS,
    "scrub_blobs": _OPERATORS,
    "verify_everything": _OPERATORS,
    "show_audit_heads": _OPERATORS,
    "show_checks": _OPERATORS,
    "rerun_checks": _OPERATORS,
}


def require(caller: Caller, operation: str) -> None:
    """Raises `OperationNotAllowed` unless one of the caller's roles allows the operation."""
    if caller.roles.isdisjoint(PERMISSIONS[operation]):
        raise OperationNotAllowed(operation=operation)
