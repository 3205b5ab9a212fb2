"""Keystone's words and ours: a domain is a tenant (an account)."""

import base64
import hashlib
from datetime import UTC, datetime

from msgspec import UNSET

from app.settings import Settings
from schemas.model.access import Caller, Login, Project, TokenFacts
from schemas.wire import identity_v3 as wire

_UPDATED = "2026-01-01T00:00:00Z"


def to_login(request: wire.TokenRequest) -> Login:
    """What somebody claims to be, and what the token is asked for."""
    user = request.auth.identity.password.user
    scope = request.auth.scope if isinstance(request.auth.scope, wire.Scope) else None
    project = scope.project if scope else None
    account = scope.domain if scope else None
    if project is not None:
        account = project.domain
    return Login(
        password=user.password,
        user_id=user.id,
        user_name=user.name,
        account_id=user.domain.id if user.domain else None,
        account_name=user.domain.name if user.domain else None,
        project_id=project.id if project else None,
        project_name=project.name if project else None,
        scope_account_id=account.id if account else None,
        scope_account_name=account.name if account else None,
    )


def to_token(facts: TokenFacts, settings: Settings) -> wire.TokenAnswer:
    """A token without a project is good for the whole account, so it tells the account as its scope."""
    account = wire.Named(id=facts.tenant_id, name=facts.tenant_name)
    project = facts.project
    return wire.TokenAnswer(
        token=wire.TokenFacts(
            methods=["password"],
            user=wire.TokenUser(id=facts.user_id, name=facts.user_name, domain=account),
            audit_ids=[_audit_id(facts)],
            expires_at=_time(facts.expires_at),
            issued_at=_time(facts.issued_at),
            project=wire.TokenProject(id=project.id, name=project.name, domain=account) if project else UNSET,
            domain=UNSET if project else account,
            roles=[wire.Named(id=str(role), name=str(role)) for role in facts.roles],
            catalog=[
                _service("identity", "identity", f"{settings.base_url}/v3", settings.region),
                _service("plugin-registry", "plugport", settings.base_url, settings.region),
            ],
        )
    )


def to_projects(projects: list[Project], base_url: str, path: str) -> wire.ProjectList:
    """The projects that `path` lists."""
    return wire.ProjectList(
        projects=[
            wire.ProjectRow(
                id=each.id,
                name=each.name,
                domain_id=each.tenant_id,
                parent_id=each.tenant_id,
                is_domain=False,
                enabled=True,
                description="",
                links=wire.Links(self_=f"{base_url}/v3/projects/{each.id}"),
            )
            for each in projects
        ],
        links=wire.Links(self_=f"{base_url}{path}"),
    )


def to_domains(caller: Caller, base_url: str) -> wire.DomainList:
    """The caller's account as a list of one."""
    row = wire.DomainRow(
        id=caller.tenant_id,
        name=caller.tenant_name,
        enabled=True,
        description="",
        links=wire.Links(self_=f"{base_url}/v3/domains/{caller.tenant_id}"),
    )
    return wire.DomainList(domains=[row], links=wire.Links(self_=f"{base_url}/v3/auth/domains"))


def to_version(base_url: str) -> wire.VersionAnswer:
    """The one version there is."""
    return wire.VersionAnswer(version=_version(base_url))


def to_version_list(base_url: str) -> wire.VersionList:
    """The one version there is, as a list."""
    return wire.VersionList(versions=wire.VersionValues(values=[_version(base_url)]))


def _version(base_url: str) -> wire.ApiVersion:
    return wire.ApiVersion(
        id="v3.14",
        status="stable",
        updated=_UPDATED,
        links=[wire.DiscoveryLink(rel="self", href=f"{base_url}/v3/")],
        media_types=[wire.MediaType(base="application/json", type="application/vnd.openstack.identity-v3+json")],
    )


def _service(type: str, name: str, url: str, region: str) -> wire.CatalogService:
    endpoint = wire.Endpoint(id=type, interface="public", region=region, region_id=region, url=url)
    return wire.CatalogService(id=type, type=type, name=name, endpoints=[endpoint])


def _audit_id(facts: TokenFacts) -> str:
    """Names the token in logs without being it; the same each time."""
    digest = hashlib.sha256(f"{facts.user_id} {facts.issued_at.isoformat()}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
