"""Shapes that more than one surface of the contract spells the same way."""

from typing import Literal

from schemas.base import Wire
from schemas.wire.text import (
    Address,
    BusinessType,
    Code,
    CompositionType,
    Description,
    DisplayName,
    Flag,
    IdOrEmpty,
    Label,
    Length,
    LongText,
    Maintainers,
    Name,
    Pattern,
    PluginName,
    VersionNumber,
)


class PluginInfoRequest(Wire, kw_only=True):
    """PluginBasicDTO (CodeArts Pipeline API Reference 2023-11-30, 4.9.6, 4.9.26, 4.9.27): facts of a plug-in.

    Only `plugin_name` is needed; a fact that is absent or null is not touched by an update. `runtime_attributes`
    and `runtime_attribute` are the spellings of the reference's tables for `runtime_attribution`, which is taken in
    any case.
    """

    plugin_name: PluginName
    unique_id: IdOrEmpty | None = None
    icon_url: Address | None = None
    runtime_attribution: Code | None = None
    runtime_attributes: Code | None = None
    runtime_attribute: Code | None = None
    display_name: DisplayName | None = None
    business_type: BusinessType | None = None
    business_type_display_name: Label | None = None
    description: Description | None = None
    is_private: Flag | None = None
    region: Code | None = None
    maintainers: Maintainers | None = None
    plugin_composition_type: CompositionType | None = None


class InputValidation(Wire):
    """ExtensionValidation (4.9.19, 4.9.22, 4.9.30): what a value given to an input must satisfy; null asks nothing."""

    required_message: Pattern | None = None
    regex: Pattern | None = None
    regex_message: Pattern | None = None
    max_length: Length | None = None
    min_length: Length | None = None


class LanguageTexts(Wire):
    """One text in the languages of the pages; empty where there is none in that language."""

    zh: Pattern = ""
    en: Pattern = ""


class InputDeprecation(Wire):
    """An input that will go: which one takes its place, and with which version of the plug-in it goes. Empty: not said."""

    replacement: Name | Literal[""] = ""
    removal_version: VersionNumber = ""


class WrittenValidation(InputValidation):
    """What an author asks of a value: ExtensionValidation, and bounds of numbers and messages by language, which are ours."""

    minimum: float | int | None = None
    maximum: float | int | None = None
    required_messages: LanguageTexts | None = None
    regex_messages: LanguageTexts | None = None


class InputExtendProp(Wire):
    """ExtensionExtendProp (4.9.19, 4.9.30): settings of the form control of an input.

    `show_placeholder` is known from the SDK only.
    """

    api_options: LongText | None = None
    api_type: LongText | None = None
    options: LongText | None = None
    disabled_conditions: LongText | None = None
    visible_conditions: LongText | None = None
    show_placeholder: LongText = ""
