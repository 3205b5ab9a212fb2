"""Plug-ins and their versions."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, get_args

from schemas.base import Entity
from schemas.model.packages import Category, InputDefinition, MetricGroup, OutputDefinition

BUSINESS_TYPES: tuple[Category, ...] = get_args(Category)

BusinessType = Category
RuntimeAttribution = Literal["agent", "agentless"]


class Composition(StrEnum):
    """What a plug-in is made of: one package or script, or steps that run other plug-ins."""

    SINGLE = "single"
    MULTI = "multi"


class Attribution(StrEnum):
    """Whose a plug-in is: the platform's, for everybody; a tenant's own; a tenant's, published to everybody."""

    OFFICIAL = "official"
    CUSTOM = "custom"
    PUBLISHED = "published"


class VersionState(StrEnum):
    """How far a version has come. A released (formal) version never changes."""

    DRAFT = "draft"
    FORMAL = "formal"


class PluginFacts(Entity, frozen=True):
    """What an author says of a plug-in, and may change. None: says nothing of it."""

    display_name: str | None = None
    description: str | None = None
    business_type: BusinessType | None = None
    runtime_attribution: RuntimeAttribution | None = None
    icon_url: str | None = None
    is_private: bool | None = None
    region: str | None = None
    maintainers: list[str] | None = None
    composition: Composition | None = None


class Plugin(Entity, frozen=True):
    """A plug-in, which belongs to one tenant and has a name of its own there.

    `publishing`: it is to be everybody's, and each release of it asks to be. `shared`: everybody finds it now; `served`: others
    get versions of it that they name, whether it is on a list or not.
    """

    id: str
    tenant_id: str
    name: str
    display_name: str
    description: str
    business_type: BusinessType
    runtime_attribution: RuntimeAttribution
    icon_url: str
    is_private: bool
    region: str
    maintainers: list[str]
    composition: Composition
    attribution: Attribution
    publisher_id: str | None
    public_name: bool
    creator_id: str
    created_at: datetime
    updated_at: datetime
    updated_by_name: str
    deleted_at: datetime | None
    refer_count: int
    has_release: bool
    shared: bool
    publishing: bool
    served: bool


class PluginSummary(Entity, frozen=True):
    """A plug-in in a list, with a version: its current one, or the one the list is about.

    Without a version (`version_id` None) it is a basic plug-in that was only announced.
    """

    plugin: Plugin
    version_id: str | None
    version: str
    version_description: str | None
    state: VersionState | None
    manifest_version: str
    updated_at: datetime
    updated_by_name: str


class Version(Entity, frozen=True):
    """One version of a plug-in, with everything it declares."""

    id: str
    plugin: Plugin
    version: str
    state: VersionState
    version_description: str
    facts: PluginFacts
    inputs: list[InputDefinition]
    input_schema: dict[str, Any] | None
    outputs: list[OutputDefinition]
    metrics: list[MetricGroup]
    execution: dict[str, Any]
    manifest: dict[str, Any] | None
    manifest_version: str
    package_sha256: str | None
    updated_at: datetime
    updated_by_name: str


class VersionContent(Entity, frozen=True):
    """What makes a version: everything about it but its plug-in, number and state. None: says nothing of it.

    With an `input_schema` the inputs are written as JSON Schema, and `inputs` is derived from it.
    """

    version_description: str | None = None
    inputs: list[InputDefinition] | None = None
    input_schema: dict[str, Any] | None = None
    outputs: list[OutputDefinition] | None = None
    metrics: list[MetricGroup] | None = None
    execution: dict[str, Any] | None = None
    manifest: dict[str, Any] | None = None
    manifest_version: str | None = None
    package_sha256: str | None = None


class VersionSpec(Entity, frozen=True):
    """A version that an author asks for: of which plug-in, with which number, and what it holds."""

    plugin_name: str
    version: str
    facts: PluginFacts
    content: VersionContent


class PluginQuery(Entity, frozen=True):
    """Which plug-ins a list is about. What is None filters nothing.

    `text` is looked for in name and display name, whatever its case; it is plain text, not a pattern.
    """

    name: str | None = None
    text: str | None = None
    maintainer: str | None = None
    business_types: list[str] | None = None
    attribution: Attribution | None = None


class UsedPlugin(Entity, frozen=True):
    """A plug-in that a step of a composite one runs. What the asking tenant may not know of it is empty."""

    name: str
    display_name: str
    version: str


class AskedVersion(Entity, frozen=True):
    """A version asked for by name: of the own plug-in of that name, else of the one everybody sees.

    Without a number the current version is meant.
    """

    plugin_name: str
    version: str | None = None
    attribution: Attribution | None = None
