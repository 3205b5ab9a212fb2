"""Pipelines' words and ours: what may be added where."""

import uuid

from app.api.plugin_words import BUSINESS_TYPE_LABELS, icon_url, version_attribution
from schemas.model.access import Caller
from schemas.model.pipelines import Category, UsablePlugin, UsableQuery
from schemas.model.plugins import BUSINESS_TYPES, Attribution, Composition, PluginSummary
from schemas.paging import Page, Paging
from schemas.wire import relation_v1 as wire

# Categories have ids of their own on the wire, made from their names, so that they never change.
CATEGORY_IDS: dict[str, str] = {
    each: str(uuid.uuid5(uuid.NAMESPACE_URL, f"plugport:category:{each}")) for each in BUSINESS_TYPES
}


def to_query(request: wire.CategoryPluginsQuery) -> UsableQuery:
    """Repository kind and source kind narrow nothing: no plug-in says which it needs."""
    return UsableQuery(
        use_condition=request.use_condition or "pipeline",
        business_type=request.business_type or None,
        text=request.regex_name or None,
    )


def to_stage_query(request: wire.StagePluginsQuery) -> UsableQuery:
    """Of the many fields of the request only these say something about plug-ins."""
    return UsableQuery(use_condition=request.use_condition or "pipeline", business_type=request.category or None)


def to_attribution(said: str) -> Attribution | None:
    """An empty attribution filters nothing."""
    return Attribution(said) if said else None


def to_stages(caller: Caller, categories: list[Category]) -> wire.StagePlugins:
    """Every category with its plug-ins."""
    return wire.StagePlugins(
        full_stage_plugins_item_list=[_category(caller, each.business_type, each.plugins) for each in categories]
    )


def to_category_page(caller: Caller, page: Page[UsablePlugin], paging: Paging) -> wire.PluginCategoryPage:
    """A page of plug-ins, put together by category."""
    by_type = {
        each: [item for item in page.items if item.summary.plugin.business_type == each] for each in BUSINESS_TYPES
    }
    data = [_category(caller, business_type, items) for business_type, items in by_type.items() if items]
    return wire.PluginCategoryPage(offset=paging.offset, limit=paging.limit, total=page.total, data=data)


def to_base_page(caller: Caller, page: Page[PluginSummary], paging: Paging) -> wire.BasePluginPage:
    """A page of basic plug-ins."""
    data = [
        wire.BasePlugin(
            name=each.plugin.name,
            display_name=each.plugin.display_name,
            plugin_attribution=each.plugin.attribution.value,
            icon_url=icon_url(caller, each.plugin),
            description=each.plugin.description,
            publisher_id=each.plugin.publisher_id,
            manifest_version=each.manifest_version or None,
        )
        for each in page.items
    ]
    return wire.BasePluginPage(offset=paging.offset, limit=paging.limit, total=page.total, data=data)


def _category(caller: Caller, business_type: str, items: list[UsablePlugin]) -> wire.PluginCategory:
    return wire.PluginCategory(
        business_type=business_type,
        display_name=BUSINESS_TYPE_LABELS[business_type],
        unique_id=CATEGORY_IDS[business_type],
        plugins_list=[_addable(caller, each) for each in items],
    )


def _addable(caller: Caller, usable: UsablePlugin) -> wire.AddablePlugin:
    plugin = usable.summary.plugin
    composite = plugin.composition is Composition.MULTI
    steps = [
        wire.UsedStep(plugin_name=each.name, display_name=each.display_name, version=each.version)
        for each in usable.steps
    ]
    return wire.AddablePlugin(
        unique_id=plugin.id,
        display_name=plugin.display_name,
        plugin_name=plugin.name,
        disabled=False,
        plugin_attribution=plugin.attribution.value,
        plugin_composition_type=plugin.composition.value,
        runtime_attribution=plugin.runtime_attribution,
        description=plugin.description,
        version_attribution=version_attribution(usable.summary.state),
        icon_url=icon_url(caller, plugin),
        all_steps=steps if composite else None,
        multi_step_editable=1 if plugin.tenant_id == caller.tenant_id else 0,
        publisher_unique_id=plugin.publisher_id or "",
        manifest_version=usable.summary.manifest_version,
        standard=plugin.attribution is Attribution.OFFICIAL,
    )
