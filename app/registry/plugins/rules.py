"""What may be done to which plug-in, and what follows from what an author says. Pure decisions."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.errors import InvalidField, NotMaintainer, PrivateCannotBePublished, WrongComposition
from schemas.ids import new_id
from schemas.model.access import Caller
from schemas.model.plugins import Attribution, Composition, Plugin, PluginFacts, RuntimeAttribution

# An address that a page may show: a path of ours or a web address. Never javascript: or data:.
_ADDRESS = re.compile(r"https?://\S+|/(?!/)\S*", re.IGNORECASE)
MAX_MAINTAINERS = 50
_EPOCH = datetime.fromtimestamp(0, UTC)


def may_see(caller: Caller, plugin: Plugin) -> bool:
    """Whether the caller may know of a plug-in: one of the own tenant unless private, or one that everybody sees."""
    if plugin.tenant_id != caller.tenant_id:
        return plugin.shared or plugin.served
    return not plugin.is_private or caller.is_admin or is_keeper(caller, plugin)


def is_keeper(caller: Caller, plugin: Plugin) -> bool:
    """Whether the caller made the plug-in or is named as a maintainer."""
    return caller.user_id == plugin.creator_id or caller.user_id in plugin.maintainers


def require_change(caller: Caller, plugin: Plugin) -> None:
    """Raises `NotMaintainer` unless the caller may change the plug-in.

    Where maintainers are named, they, the one who made it, and administrators may; else every author of the tenant.
    """
    if plugin.maintainers and not caller.is_admin and not is_keeper(caller, plugin):
        raise NotMaintainer("plugin_name", name=plugin.name)


def is_for_everybody(caller: Caller, plugin: Plugin) -> bool:
    """Whether each release of the plug-in is to be everybody's: the platform's own, or one that is being published."""
    return not plugin.is_private and (caller.official or plugin.publishing)


def new_plugin(caller: Caller, name: str, facts: PluginFacts, *, revived: Plugin | None = None) -> Plugin:
    """A plug-in of the caller's tenant, as these facts and the defaults describe it.

    One that was deleted comes back under its old id, so that the numbers it has used stay used.
    """
    attribution = Attribution.OFFICIAL if caller.official else Attribution.CUSTOM
    blank = Plugin(
        id=revived.id if revived else new_id(),
        tenant_id=caller.tenant_id,
        name=name,
        display_name=name,
        description="",
        business_type="Normal",
        runtime_attribution="agent",
        icon_url="",
        is_private=False,
        region="",
        maintainers=[],
        composition=Composition.SINGLE,
        attribution=attribution,
        publisher_id=None,
        public_name=attribution is Attribution.OFFICIAL,
        creator_id=revived.creator_id if revived else caller.user_id,
        created_at=_EPOCH,
        updated_at=_EPOCH,
        updated_by_name=caller.user_name,
        deleted_at=None,
        refer_count=0,
        has_release=False,
        shared=False,
        publishing=False,
        served=False,
    )
    return with_facts(blank, facts)


def with_facts(plugin: Plugin, facts: PluginFacts) -> Plugin:
    """The plug-in as the author now describes it; what the facts are silent of stays.

    Raises `PrivateCannotBePublished`.
    """
    said = {name: value for name in facts.__struct_fields__ if (value := getattr(facts, name)) is not None}
    changed = msgspec.structs.replace(plugin, **said)
    if changed.is_private and (changed.publishing or changed.attribution is Attribution.PUBLISHED):
        raise PrivateCannotBePublished("is_private", name=plugin.name)
    return changed


def told_by_release(facts: PluginFacts) -> PluginFacts:
    """What a version says of its plug-in when it is released.

    Not who maintains it, who sees it, and its icon: those may have changed since the draft was written, and a release must
    not bring the old ones back.
    """
    return PluginFacts(
        display_name=facts.display_name,
        description=facts.description,
        business_type=facts.business_type,
        runtime_attribution=facts.runtime_attribution,
        composition=facts.composition,
    )


def checked_address(field: str, address: str) -> str:
    """A web address or a path of ours. Raises `InvalidField`."""
    if _ADDRESS.fullmatch(address) is None:
        raise InvalidField(field, problem="An address begins with https://, http:// or /")
    return address


def maintainers(text: str) -> list[str]:
    """User ids from a JSON array inside a text, as the contract sends them; empty text names none.

    No slash is taken in an id: it parts the names of shelves, and "ann/Build" would be on a shelf of ann's.
    """
    if not text.strip():
        return []
    problem = f"Maintainers are a JSON array of at most {MAX_MAINTAINERS} user ids inside a text, or an empty text"
    try:
        ids = msgspec.json.decode(text, type=list[str])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidField("maintainers", problem=problem) from error
    if len(ids) > MAX_MAINTAINERS or not all(0 < len(each) <= 64 and _is_user_id(each) for each in ids):
        raise InvalidField("maintainers", problem=problem)
    return list(dict.fromkeys(ids))


def _is_user_id(text: str) -> bool:
    return text.isprintable() and "/" not in text


def runtime_attribution(text: str) -> RuntimeAttribution | None:
    """`agent` or `agentless`, which documents spell agentLess too; None where nothing is said. Raises `InvalidField`."""
    match text.lower():
        case "":
            return None
        case "agent":
            return "agent"
        case "agentless":
            return "agentless"
    raise InvalidField("runtime_attribution", problem="agent or agentless")


def composition_of(execution: dict[str, Any] | None) -> Composition | None:
    """What a run definition makes of its plug-in; None where it says nothing."""
    kind = (execution or {}).get("execution_type")
    if kind is None:
        return None
    return Composition.MULTI if kind == "COMPOSITE" else Composition.SINGLE


def require_composition(plugin: Plugin, wanted: Composition) -> None:
    """Raises `WrongComposition` when the plug-in, which has versions, is made of something else."""
    if plugin.composition is not wanted:
        raise WrongComposition("plugin_name", name=plugin.name, is_a=plugin.composition, takes=wanted)


def steps_of(plugin_name: str, execution: dict[str, Any] | None) -> list[str]:
    """The names of the plug-ins that a run definition's steps use, each once. Raises `InvalidField`."""
    names = [step["task"] for step in (execution or {}).get("steps") or [] if step.get("task")]
    if plugin_name in names:
        raise InvalidField("execution_info.inner_execution_info.steps", problem="A step cannot run its own plug-in")
    return list(dict.fromkeys(names))
