"""What pipelines and their templates may use."""

from typing import Literal

from schemas.base import Entity
from schemas.model.plugins import PluginSummary, UsedPlugin

UseCondition = Literal["pipeline", "template"]


class UsableQuery(Entity, frozen=True):
    """Which usable plug-ins are asked for. What is None filters nothing."""

    use_condition: UseCondition = "pipeline"
    business_type: str | None = None
    text: str | None = None


class UsablePlugin(Entity, frozen=True):
    """A plug-in with a released version, and the plug-ins that its steps run (none, if it has no steps)."""

    summary: PluginSummary
    steps: list[UsedPlugin]


class Category(Entity, frozen=True):
    """Usable plug-ins of one category."""

    business_type: str
    plugins: list[UsablePlugin]
