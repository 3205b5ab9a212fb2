"""`/v3`, `/v3/auth/*`, `/v3/projects`."""

from typing import Annotated

from litestar import Response, delete, get, head, post
from litestar.params import HeaderParameter

from app.api.identity_v3 import translate
from app.api.operations import operation
from app.api.parameters import bounded
from app.registry import Registry
from app.settings import Settings
from schemas.model.access import Caller
from schemas.wire.identity_v3 import (
    DomainList,
    ProjectList,
    TokenAnswer,
    TokenRequest,
    VersionAnswer,
    VersionList,
)
from schemas.wire.text import Label

_TAGS = ["Identity"]
_SUBJECT = "X-Subject-Token"
NameQuery = Annotated[Label | None, bounded(Label, query="name", description="The project's name.")]
SubjectToken = Annotated[
    str, HeaderParameter(name=_SUBJECT, min_length=1, max_length=4096, description="The token asked about.")
]


@get("/", **operation("list_versions", public=True), tags=_TAGS)
async def list_versions(settings: Settings) -> VersionList:
    """Which versions of the identity API there are."""
    return translate.to_version_list(settings.base_url)


@get("/v3", **operation("show_version", public=True), tags=_TAGS)
async def show_version(settings: Settings) -> VersionAnswer:
    """What this version of the identity API is."""
    return translate.to_version(settings.base_url)


@post("/v3/auth/tokens", **operation("create_token", public=True, status=201), tags=_TAGS)
async def create_token(data: TokenRequest, registry: Registry, settings: Settings) -> Response[TokenAnswer]:
    """Logs in by password; the token is the answer's X-Subject-Token."""
    issued = await registry.access.log_in(translate.to_login(data))
    return Response(translate.to_token(issued.facts, settings), headers={_SUBJECT: issued.token})


@get("/v3/auth/tokens", **operation("show_token"), tags=_TAGS)
async def show_token(
    caller: Caller, registry: Registry, settings: Settings, subject_token: SubjectToken
) -> Response[TokenAnswer]:
    """What a token says."""
    facts = await registry.access.token_facts(caller, subject_token)
    return Response(translate.to_token(facts, settings), headers={_SUBJECT: subject_token})


@head("/v3/auth/tokens", **operation("check_token", allowed_as="show_token"), tags=_TAGS)
async def check_token(caller: Caller, registry: Registry, subject_token: SubjectToken) -> None:
    """Whether a token is valid."""
    await registry.access.token_facts(caller, subject_token)


@delete("/v3/auth/tokens", **operation("revoke_token", status=204), tags=_TAGS)
async def revoke_token(caller: Caller, registry: Registry, subject_token: SubjectToken) -> None:
    """Ends a token."""
    await registry.access.revoke_token(caller, subject_token)


@get("/v3/projects", **operation("list_projects"), tags=_TAGS)
async def list_projects(caller: Caller, registry: Registry, settings: Settings, name: NameQuery = None) -> ProjectList:
    """The projects of the caller's account, or the one of that name."""
    return translate.to_projects(await registry.access.projects(caller, name), settings.base_url, "/v3/projects")


@get("/v3/auth/projects", **operation("list_auth_projects"), tags=_TAGS)
async def list_auth_projects(caller: Caller, registry: Registry, settings: Settings) -> ProjectList:
    """The projects for which the caller can get a token."""
    return translate.to_projects(await registry.access.projects(caller), settings.base_url, "/v3/auth/projects")


@get("/v3/auth/domains", **operation("list_auth_domains"), tags=_TAGS)
async def list_auth_domains(caller: Caller, settings: Settings) -> DomainList:
    """The account for which the caller can get a token: their own."""
    return translate.to_domains(caller, settings.base_url)


HANDLERS = [
    list_versions,
    show_version,
    create_token,
    show_token,
    check_token,
    revoke_token,
    list_projects,
    list_auth_projects,
    list_auth_domains,
]
