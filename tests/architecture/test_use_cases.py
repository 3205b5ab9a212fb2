"""Every use-case knows on whose behalf it runs, and every statement to which tenant it belongs."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from app.registry import Registry
from schemas.model.access import Caller
from storage.postgres.migrate import migrations
from storage.postgres.queries import Query, load
from tests.architecture.source import REPOSITORY

# Use-cases that no caller asks for, and why.
WITHOUT_CALLER = {
    "access.log_in": "nobody is known before it",
    "access.caller_of_token": "it finds the caller",
    "access.caller_of_signature": "it finds the caller",
    "publisher_tokens.caller_of": "it finds the caller",
    "access.sweep": "the clock asks for it",
    "packages.inspect": "it takes bytes that came in on behalf of a caller",
    "packages.sweep": "the clock asks for it",
    "downloads.address": "it takes the download that `find` answered to a caller",
    "installs.address": "it takes the download that `find` answered to a caller",
    "installs.sweep": "the clock asks for it",
    "icons.read": "it takes the icon that `find` answered to a caller",
    "checks.run": "whoever releases asks for it, on behalf of a caller",
    "checks.examine": "whoever releases asks for it, on behalf of a caller",
    "checks.keep": "whoever releases asks for it, on behalf of a caller",
    "checks.find": "whoever shows or releases asks for it, on behalf of a caller",
    "notifications.announce": "a job asks for it, on behalf of whoever made the change",
    "notifications.sweep": "the clock asks for it",
    "webhooks.enqueue": "a job asks for it, on behalf of whoever made the change",
    "webhooks.deliver": "a job asks for it",
    "webhooks.give_up": "a job asks for it",
    "webhooks.sweep": "the clock asks for it",
    "uploads.inspect": "a job asks for it, on behalf of whoever made the upload",
    "uploads.give_up_inspection": "a job asks for it, on behalf of whoever made the upload",
    "uploads.expire": "the clock asks for it",
}

# Statements that take no tenant, and why.
OF_NO_TENANT = {
    "access.find_access_key_tenant": "an operator knows the key and asks for its tenant",
    "access.find_publisher_token_tenant": "an operator knows the id and asks for its tenant",
    "audit.find_next_chain": "every tenant's chain is followed",
    "checks.find_subject_tenant": "an operator knows the id and asks for its tenant",
    "checks.list_releases": "every tenant's are checked again",
    "demo.release_extensions": "the owner releases what it has loaded",
    "demo.release_plugins": "the owner releases what it has loaded",
    "demo.owns_catalogue": "it asks about the table, not about its rows",
    "extensions.count_in_review": "operators see every tenant's",
    "extensions.find_version_tenant": "an operator knows the version and asks for its tenant",
    "extensions.list_extensions_by_id": "everybody's are found, too: row-level security decides",
    "extensions.list_in_review": "operators see every tenant's",
    "feedback.count_reports": "operators see every tenant's",
    "feedback.find_report": "operators decide about every tenant's",
    "feedback.list_other_open_reports": "operators decide about every tenant's",
    "feedback.list_reports": "operators see every tenant's",
    "icons.find_icon": "everybody's are found, too: row-level security decides",
    "jobs.claim_jobs": "workers are for every tenant",
    "jobs.count_jobs": "operators see every tenant's",
    "jobs.delete_twin": "workers are for every tenant",
    "jobs.find_job": "operators see every tenant's",
    "jobs.finish_job": "workers are for every tenant",
    "jobs.leave_job": "workers are for every tenant",
    "jobs.list_jobs": "operators see every tenant's",
    "jobs.renew_lease": "workers are for every tenant",
    "jobs.retry_job": "operators decide about every tenant's",
    "marketplace.find_generation": "one number for the whole marketplace, which says that something changed",
    "marketplace.list_listings": "everybody's are found, too: row-level security decides",
    "marketplace.list_places": "everybody's are found, too: row-level security decides",
    "notifications.list_platform_users": "the platform's people are of several tenants",
    "notifications.sweep_notifications": "the sweep is for every tenant",
    "packages.list_stale_incoming": "the sweep is for every tenant",
    "publishers.count_publishers_by_status": "operators decide about every tenant's",
    "publishers.list_publishers_by_id": "everybody's are found, too: row-level security decides",
    "publishers.list_publishers_by_status": "operators decide about every tenant's",
    "releases.find_tenant": "the desk knows the release and asks for its tenant",
    "reviews.count_queue": "the desk sees every tenant's",
    "reviews.find_tenant": "the desk knows the review and asks for its tenant",
    "reviews.is_sensitive": "operators decide about every tenant's",
    "reviews.list_queue": "the desk sees every tenant's",
    "reviews.read_metrics": "the desk sees every tenant's",
    "reviews.set_sensitive": "operators decide about every tenant's",
    "upkeep.find_longest_unread": "every tenant's bytes are read again",
    "upkeep.list_assemblies": "the store's leftovers are held against every tenant's uploads",
    "upkeep.list_doomed": "garbage is every tenant's",
    "upkeep.list_icons": "garbage is every tenant's",
    "upkeep.list_old_uploads": "garbage is every tenant's",
    "upkeep.list_uploads_to_clear": "garbage is every tenant's",
    "uploads.forget_idempotency_keys": "every tenant's are forgotten",
    "uploads.list_expired": "every tenant's expire",
    "uploads.list_left_joining": "every tenant's are joined",
    "webhooks.sweep_deliveries": "the sweep is for every tenant",
}


def use_cases() -> dict[str, Any]:
    """Every public coroutine of the registry's services, by `noun.name`."""
    hints = get_type_hints(Registry)
    return {
        f"{each.name}.{name}": method
        for each in fields(Registry)
        for name, method in inspect.getmembers(hints[each.name], inspect.iscoroutinefunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize("name", use_cases())
def test_every_use_case_takes_the_caller_first(name: str) -> None:
    method = use_cases()[name]
    _, first, *_ = [*inspect.signature(method).parameters.values(), None]
    takes_caller = first is not None and first.name == "caller" and get_type_hints(method).get("caller") is Caller
    assert takes_caller is (name not in WITHOUT_CALLER)


def test_every_exception_is_of_a_use_case_that_there_is() -> None:
    assert WITHOUT_CALLER.keys() <= use_cases().keys()


# -- statements ----------------------------------------------------------------------------------------------------------


def statements() -> Iterator[tuple[str, Query]]:
    """Every statement, by `noun.name`."""
    for path in sorted((REPOSITORY / "storage/postgres/sql").glob("*.sql")):
        for query in load(path.stem).all.values():
            yield f"{path.stem}.{query.name}", query


def owned_tables() -> set[str]:
    """Every table whose rows belong to tenants."""
    text = "\n".join(each.sql for each in migrations())
    made = re.finditer(r"CREATE TABLE (\w+) \((.*?)\n\);", text, re.DOTALL)
    return {table[1] for table in made if re.search(r"^ *tenant_id\b", table[2], re.MULTILINE)}


OWNED = owned_tables()
ON_OWNED = {name: query for name, query in statements() if set(re.findall(r"\w+", query.sql)) & OWNED}


def test_the_tables_of_tenants_are_found() -> None:
    assert {"plugins", "plugin_versions", "plugin_uses", "publishers", "users", "icons", "blobs"} <= OWNED


@pytest.mark.parametrize("name", ON_OWNED)
def test_every_statement_on_rows_of_tenants_takes_the_tenant(name: str) -> None:
    takes_tenant = not {"tenant_id", "tenant_ids"}.isdisjoint(ON_OWNED[name].parameters)
    assert takes_tenant is (name not in OF_NO_TENANT)


def test_every_exception_is_of_a_statement_that_there_is() -> None:
    assert OF_NO_TENANT.keys() <= ON_OWNED.keys()
