"""`/v1/{domain_id}/relation/*`: which plug-ins a pipeline may add, by category.

Source: CodeArts Pipeline API Reference 2023-11-30, 4.9.14-4.9.16.
"""

from typing import Literal

from schemas.base import Wire
from schemas.wire.text import (
    BusinessTypeFilter,
    Code,
    CompositionType,
    Flag,
    IdOrEmpty,
    Label,
    PluginAttribution,
    RuntimeAttribution,
    SearchText,
    VersionAttribution,
)

UseCondition = Literal["", "pipeline", "template"]

# --- what comes in ------------------------------------------------------------------------------------------------


class StagePluginsQuery(Wire):
    """StagePluginsQueryDTO (4.9.14 stage-plugins). The body may be absent; empty fields filter nothing."""

    use_condition: UseCondition | None = None
    comp_id: IdOrEmpty | None = None
    comp_name: Label | None = None
    cloud_id: IdOrEmpty | None = None
    strategy_id: IdOrEmpty | None = None
    category: Code | None = None
    publish_tab: Code | None = None
    platform: Code | None = None
    comp_extend_type: Code | None = None
    deploy_type: Code | None = None


class CategoryPluginsQuery(Wire):
    """BusinessTypePluginsQueryDTO (4.9.16 plugins). Empty fields filter nothing."""

    use_condition: UseCondition | None = None
    input_repo_type: Literal["", "codehub", "gitee", "github", "gitcode", "gitlab"] | None = None
    input_source_type: Code | None = None
    business_type: BusinessTypeFilter | None = None
    regex_name: SearchText | None = None


# --- what goes out ------------------------------------------------------------------------------------------------


class UsedStep(Wire, kw_only=True):
    """FullStagePluginsRelationVOAllSteps (4.9.14, 4.9.16): a basic plug-in inside a composite one."""

    plugin_name: str
    display_name: str
    version: str


class AddablePlugin(Wire, kw_only=True):
    """FullStagePluginsRelationVOPluginsList, PageInfoBusinessTypeDefinitionVOPluginsList (4.9.14, 4.9.16).

    `location` names where it may be added, joined by commas ("pipeline,service"). Without a publisher
    `publisher_unique_id` is sent empty: null is shown by 4.9.16, but 4.9.14 declares a text.
    """

    unique_id: str
    display_name: str
    plugin_name: str
    disabled: bool
    plugin_attribution: PluginAttribution
    plugin_composition_type: CompositionType
    runtime_attribution: RuntimeAttribution
    description: str
    version_attribution: VersionAttribution
    icon_url: str
    group_name: str | None = None
    group_type: str | None = None
    all_steps: list[UsedStep] | None = None
    multi_step_editable: Flag = 1
    location: str = "pipeline,service"
    publisher_unique_id: str | None = ""
    manifest_version: str = ""
    standard: bool = False
    db_record_name: str = ""


class PluginCategory(Wire, kw_only=True):
    """FullStagePluginsRelationVOFullStagePluginsItemList, PageInfoBusinessTypeDefinitionVOData (4.9.14, 4.9.16).

    `addables` is sent as an empty list: null is shown by 4.9.14, but 4.9.16 declares a list.
    """

    business_type: str
    display_name: str
    unique_id: str
    plugins_list: list[AddablePlugin]
    conditions: list[str] | None = None
    addables: list[dict[str, bool]] | None = []
    editable: bool = False
    removable: bool = False
    cloneable: bool = False
    disabled: bool = False


class StagePlugins(Wire, kw_only=True):
    """ListStagePluginsResponse (4.9.14): every category at once."""

    full_stage_plugins_item_list: list[PluginCategory]


class PluginCategoryPage(Wire, kw_only=True):
    """ListBasePluginsNewPostResponse (4.9.16). `offset`, `limit` and `total` count plug-ins, not categories."""

    offset: int
    limit: int
    total: int
    data: list[PluginCategory]


class BasePlugin(Wire, kw_only=True):
    """PageInfoOptionalSinglePluginVOData (4.9.15 plugin/single)."""

    name: str
    display_name: str
    plugin_attribution: PluginAttribution
    icon_url: str
    description: str
    publisher_id: str | None
    manifest_version: str | None


class BasePluginPage(Wire, kw_only=True):
    """ListBasePluginsResponse (4.9.15)."""

    offset: int
    limit: int
    total: int
    data: list[BasePlugin]
