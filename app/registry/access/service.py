"""Use-cases about who may come in: logging in, proving who asks, and what operators do to tenants and users."""

from datetime import UTC, datetime
from typing import Any

import structlog
from cryptography.exceptions import InvalidTag

from app.registry.access import passwords, permissions, signatures, tokens
from app.registry.access.passwords import Passwords
from app.registry.access.rules import checked_name, checked_password, checked_roles
from app.registry.access.sealing import Seal
from app.registry.access.signatures import SignatureRefused
from schemas.errors import AccessObjectUnknown, InvalidField, LoginRefused, NameTaken, NotAuthenticated, ScopeUnknown
from schemas.ids import is_id, new_id
from schemas.model.access import (
    Caller,
    IssuedAccessKey,
    IssuedToken,
    Login,
    Project,
    Role,
    SignedRequest,
    Tenant,
    TokenFacts,
    User,
)
from schemas.model.audit import Change
from storage.postgres import access, audit
from storage.postgres.database import Database, Transaction, UniqueTaken

log = structlog.get_logger()

# A signature can arrive as early and as late as the window allows; older ones need not be remembered.
_REMEMBER_SIGNATURES_MINUTES = 2 * int(signatures.WINDOW.total_seconds() // 60) + 1


class Access:
    """Tenants, projects, users, tokens and access keys."""

    def __init__(self, database: Database, passwords: Passwords, seal: Seal, *, token_hours: int) -> None:
        self._database = database
        self._passwords = passwords
        self._seal = seal
        self._token_hours = token_hours

    # -- coming in ------------------------------------------------------------------------------------------------

    async def log_in(self, login: Login) -> IssuedToken:
        """A token for the right password. Raises `LoginRefused`, for an unknown user after the same time, or
        `ScopeUnknown`."""
        async with self._database.statements() as tx:
            found = await access.find_login(tx, login)
        fits = len(login.password) <= passwords.MAX_PASSWORD_LENGTH
        if not await self._passwords.verify(found.password_hash if found else None, login.password) or not fits:
            raise LoginRefused
        if found is None:
            raise LoginRefused
        token = tokens.new_token()
        async with self._database.transaction(found.tenant.id) as tx:
            project = await self._scope(tx, found.tenant, login)
            issued_at, expires_at = await access.insert_token(
                tx, tokens.digest(token), found.user, project.id if project else None, self._token_hours
            )
        facts = TokenFacts(
            user_id=found.user.id,
            user_name=found.user.name,
            roles=found.user.roles,
            tenant_id=found.tenant.id,
            tenant_name=found.tenant.name,
            official=found.tenant.official,
            project=project,
            issued_at=issued_at,
            expires_at=expires_at,
        )
        return IssuedToken(token=token, facts=facts)

    async def _scope(self, tx: Transaction, tenant: Tenant, login: Login) -> Project | None:
        if login.scope_account_id not in (None, tenant.id) or login.scope_account_name not in (None, tenant.name):
            raise ScopeUnknown("auth.scope")
        if login.project_id is None and login.project_name is None:
            return None
        project = await access.find_project(tx, tenant.id, id=login.project_id, name=login.project_name)
        if (
            project is None
            or login.project_id not in (None, project.id)
            or login.project_name not in (None, project.name)
        ):
            raise ScopeUnknown("auth.scope.project")
        return project

    async def caller_of_token(self, token: str, request_id: str) -> Caller:
        """Who holds a token. Raises `NotAuthenticated`."""
        async with self._database.statements() as tx:
            found = await access.find_token_holder(tx, tokens.digest(token))
        if found is None:
            raise NotAuthenticated
        facts, project_id = found
        return Caller(
            user_id=facts.user_id,
            user_name=facts.user_name,
            tenant_id=facts.tenant_id,
            tenant_name=facts.tenant_name,
            official=facts.official,
            roles=frozenset(facts.roles),
            credential="token",
            request_id=request_id,
            project_id=project_id,
        )

    async def caller_of_signature(self, authorization: str, request: SignedRequest, request_id: str) -> Caller:
        """Who signed a request. Raises `NotAuthenticated`, with the same text whatever is wrong."""
        try:
            signature = signatures.parse(authorization)
            async with self._database.statements() as tx:
                holder = await access.find_access_key_holder(tx, signature.access_key)
                if holder is None:
                    raise SignatureRefused("unknown access key")
                secret = self._secret(holder.secret, signature.access_key)
                signatures.verify(signature, request, secret, datetime.now(UTC))
                if not await access.note_signature(tx, signature.access_key, signature.signature, request.connection):
                    raise SignatureRefused("used before")
        except SignatureRefused as error:
            log.info("signature refused", reason=str(error), request_id=request_id)
            raise NotAuthenticated from error
        return Caller(
            user_id=holder.user.id,
            user_name=holder.user.name,
            tenant_id=holder.tenant.id,
            tenant_name=holder.tenant.name,
            official=holder.tenant.official,
            roles=frozenset(holder.user.roles),
            credential="signature",
            request_id=request_id,
        )

    def _secret(self, sealed: bytes, access_key: str) -> str:
        try:
            return self._seal.open(sealed, access_key)
        except InvalidTag as error:
            log.warning("an access key was sealed by another PLUGPORT_SECRET_KEY", access_key=access_key)
            raise SignatureRefused("sealed by another key") from error

    async def sweep(self) -> None:
        """Forgets credentials that can never be used again."""
        async with self._database.transaction() as tx:
            await access.sweep_credentials(tx, _REMEMBER_SIGNATURES_MINUTES)

    # -- what callers see of themselves ----------------------------------------------------------------------------

    async def token_facts(self, caller: Caller, token: str) -> TokenFacts:
        """What a token says. Callers see their own tokens, administrators those of their tenant."""
        async with self._database.transaction(caller.tenant_id) as tx:
            found = await access.find_token_holder(tx, tokens.digest(token))
            if found is None or not _may_see(caller, found[0]):
                raise AccessObjectUnknown("X-Subject-Token", what="token")
            facts, project_id = found
            project = await access.find_project(tx, facts.tenant_id, id=project_id) if project_id else None
        return TokenFacts(**{**_fields(facts), "project": project})

    async def revoke_token(self, caller: Caller, token: str) -> None:
        """Ends a token that the caller may see."""
        facts = await self.token_facts(caller, token)
        async with self._database.transaction(facts.tenant_id) as tx:
            await audit.lock_tenant(tx, facts.tenant_id)
            await access.revoke_token(tx, facts.tenant_id, tokens.digest(token))
            await audit.record(tx, facts.tenant_id, caller, Change(
                action="token.revoked", object_kind="user", object_id=facts.user_id))  # fmt: skip

    async def projects(self, caller: Caller, name: str | None = None) -> list[Project]:
        """The projects of the caller's tenant, or the one of that name."""
        async with self._database.transaction(caller.tenant_id) as tx:
            return await access.list_projects(tx, caller.tenant_id, name)

    async def may_use_project(self, caller: Caller, project_id: str) -> bool:
        """Whether the project is one of the caller's tenant, and the one that the credential is for, if it is for one."""
        if caller.project_id not in (None, project_id):
            return False
        async with self._database.transaction(caller.tenant_id) as tx:
            return await access.find_project(tx, caller.tenant_id, id=project_id) is not None

    # -- what operators do ------------------------------------------------------------------------------------------

    async def create_tenant(
        self, caller: Caller, name: str, *, id: str | None = None, official: bool = False
    ) -> Tenant:
        """A new tenant. `id` is 32 hexadecimal digits, made up where none is given."""
        permissions.require(caller, "create_tenant")
        tenant = Tenant(id=_checked_id(id), name=checked_name("name", name), official=official)
        async with self._database.transaction(tenant.id, platform=True) as tx:
            try:
                await access.insert_tenant(tx, tenant)
            except UniqueTaken as error:
                raise NameTaken("id" if error.constraint == "tenants_pkey" else "name", name=name) from error
            detail = {"name": name, "official": official}
            await audit.record(tx, tenant.id, caller, Change(
                action="tenant.created", object_kind="tenant", object_id=tenant.id, detail=detail))  # fmt: skip
        return tenant

    async def create_project(self, caller: Caller, tenant: str, name: str, *, id: str | None = None) -> Project:
        """A new project of the tenant, which is named by id or name."""
        permissions.require(caller, "create_project")
        checked_name("name", name)
        async with self._database.transaction(platform=True) as tx:
            owner = await _tenant(tx, tenant)
            project = Project(id=_checked_id(id), tenant_id=owner.id, name=name)
            await audit.lock_tenant(tx, owner.id)
            try:
                await access.insert_project(tx, project)
            except UniqueTaken as error:
                raise NameTaken("id" if error.constraint == "projects_pkey" else "name", name=name) from error
            await audit.record(tx, owner.id, caller, Change(
                action="project.created", object_kind="project", object_id=project.id, detail={"name": name}))  # fmt: skip
        return project

    async def create_user(self, caller: Caller, tenant: str, name: str, roles: list[str], password: str) -> User:
        """A new user of the tenant with at least one role."""
        permissions.require(caller, "create_user")
        checked_name("name", name)
        user_roles = checked_roles(roles)
        password_hash = await self._passwords.hash(checked_password(password))
        async with self._database.transaction(platform=True) as tx:
            owner = await _tenant(tx, tenant)
            user = User(id=new_id(), tenant_id=owner.id, name=name, roles=user_roles)
            await audit.lock_tenant(tx, owner.id)
            try:
                await access.insert_user(tx, user, password_hash)
            except UniqueTaken as error:
                raise NameTaken("name", name=name) from error
            detail = {"name": name, "roles": [str(role) for role in user_roles]}
            await audit.record(tx, owner.id, caller, Change(
                action="user.created", object_kind="user", object_id=user.id, detail=detail))  # fmt: skip
        return user

    async def disable_user(self, caller: Caller, tenant: str, user: str) -> User:
        """From now on no credential of the user works. Doing it again changes nothing."""
        permissions.require(caller, "disable_user")
        async with self._database.transaction(platform=True) as tx:
            found = await _user(tx, tenant, user)
            await audit.lock_tenant(tx, found.tenant_id)
            await access.disable_user(tx, found)
            await audit.record(tx, found.tenant_id, caller, Change(
                action="user.disabled", object_kind="user", object_id=found.id))  # fmt: skip
        return found

    async def create_access_key(self, caller: Caller, tenant: str, user: str) -> IssuedAccessKey:
        """A new access key of the user. Its secret is shown now and never again."""
        permissions.require(caller, "create_access_key")
        access_key, secret_key = tokens.new_access_key()
        async with self._database.transaction(platform=True) as tx:
            holder = await _user(tx, tenant, user)
            await audit.lock_tenant(tx, holder.tenant_id)
            await access.insert_access_key(tx, access_key, holder, self._seal.close(secret_key, access_key))
            await audit.record(tx, holder.tenant_id, caller, Change(
                action="access_key.created", object_kind="access_key", object_id=access_key,
                detail={"user_id": holder.id}))  # fmt: skip
        return IssuedAccessKey(access_key=access_key, secret_key=secret_key)

    async def revoke_access_key(self, caller: Caller, access_key: str) -> None:
        """Ends an access key. Doing it again changes nothing."""
        permissions.require(caller, "revoke_access_key")
        async with self._database.transaction(platform=True) as tx:
            tenant_id = await access.find_access_key_tenant(tx, access_key)
            if tenant_id is None:
                raise AccessObjectUnknown("access_key", what="access key")
            await audit.lock_tenant(tx, tenant_id)
            await access.revoke_access_key(tx, tenant_id, access_key)
            await audit.record(tx, tenant_id, caller, Change(
                action="access_key.revoked", object_kind="access_key", object_id=access_key))  # fmt: skip

    async def revoke_tokens(self, caller: Caller, tenant: str | None = None, user: str | None = None) -> int:
        """Ends all tokens of a user, of a tenant, or of everybody; answers how many."""
        permissions.require(caller, "revoke_all_tokens")
        if user is not None and tenant is None:
            raise InvalidField("user", problem="A user is named together with the tenant")
        async with self._database.transaction(platform=True) as tx:
            owners = await access.list_tenants(tx) if tenant is None else [await _tenant(tx, tenant)]
            user_id = (await _user(tx, owners[0].id, user)).id if user is not None else None
            revoked = 0
            for owner in sorted(owners, key=lambda each: each.id):
                count = await access.revoke_tokens(tx, owner.id, user_id)
                if count:
                    await audit.lock_tenant(tx, owner.id)
                    await audit.record(tx, owner.id, caller, Change(
                        action="tokens.revoked", object_kind="tenant", object_id=owner.id,
                        detail={"tokens": count, "user_id": user_id}))  # fmt: skip
                revoked += count
        return revoked

    async def tenant_exists(self, caller: Caller, tenant: str) -> bool:
        """Whether there is a tenant of that id or name."""
        permissions.require(caller, "create_tenant")
        async with self._database.transaction(platform=True) as tx:
            return await access.find_tenant(tx, tenant) is not None

    async def project_exists(self, caller: Caller, tenant: str, project: str) -> bool:
        """Whether the tenant has a project of that name."""
        permissions.require(caller, "create_project")
        async with self._database.transaction(platform=True) as tx:
            return await access.find_project(tx, (await _tenant(tx, tenant)).id, name=project) is not None

    async def user_exists(self, caller: Caller, tenant: str, user: str) -> bool:
        """Whether the tenant has a user of that id or name, disabled ones too."""
        permissions.require(caller, "create_user")
        async with self._database.transaction(platform=True) as tx:
            return await access.find_user(tx, (await _tenant(tx, tenant)).id, user) is not None


def console(request_id: str = "console") -> Caller:
    """The operator at the machine itself, who needs no other proof than the right to read the settings."""
    return Caller(
        user_id="console",
        user_name="console",
        tenant_id="",
        tenant_name="",
        official=False,
        roles=frozenset({Role.OPERATOR}),
        credential="console",
        request_id=request_id,
    )


def _may_see(caller: Caller, facts: TokenFacts) -> bool:
    if Role.OPERATOR in caller.roles or facts.user_id == caller.user_id:
        return True
    return caller.is_admin and facts.tenant_id == caller.tenant_id


def _fields(facts: TokenFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in facts.__struct_fields__}


def _checked_id(id: str | None) -> str:
    if id is not None and not is_id(id):
        raise InvalidField("id", problem="An id is 32 lower-case hexadecimal digits")
    return id or new_id()


async def _tenant(tx: Transaction, reference: str) -> Tenant:
    tenant = await access.find_tenant(tx, reference)
    if tenant is None:
        raise AccessObjectUnknown("tenant", what="tenant")
    return tenant


async def _user(tx: Transaction, tenant: str, reference: str) -> User:
    user = await access.find_user(tx, (await _tenant(tx, tenant)).id, reference)
    if user is None:
        raise AccessObjectUnknown("user", what="user")
    return user
