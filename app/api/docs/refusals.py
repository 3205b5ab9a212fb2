"""Which operation refuses with what, beside the refusals that every operation has (see `document.py`)."""

from schemas.errors import (
    AccessObjectUnknown,
    IconRefused,
    IconUnknown,
    LoginRefused,
    ManifestContradicts,
    ManifestRefused,
    NotADraft,
    NotBoundTo,
    NotMaintainer,
    OtherBytesReleased,
    PackageRefused,
    PluginExists,
    PluginInUse,
    PluginUnknown,
    PrivateCannotBePublished,
    PublicNameTaken,
    PublisherExists,
    PublisherHasPublished,
    PublisherInUse,
    PublisherNotAccepted,
    PublisherUnknown,
    RegistryError,
    ScopeUnknown,
    VersionExists,
    VersionRetired,
    VersionUnknown,
    WrongComposition,
)

Refusals = tuple[type[RegistryError], ...]

_MAKE: Refusals = (NotMaintainer, PluginExists, WrongComposition, PublicNameTaken, PrivateCannotBePublished)
_NEW_VERSION: Refusals = (*_MAKE, VersionExists, VersionRetired)
_CHANGE: Refusals = (PluginUnknown, NotMaintainer)
_DRAFT: Refusals = (*_CHANGE, VersionUnknown, NotADraft)
_FACTS: Refusals = (*_CHANGE, WrongComposition, PrivateCannotBePublished)
_PUBLISH: Refusals = (*_CHANGE, VersionUnknown, PublisherUnknown, NotBoundTo)

REFUSALS: dict[str, Refusals] = {
    "healthz": (),
    "readyz": (),
    "metrics": (),
    # identity
    "list_versions": (),
    "show_version": (),
    "create_token": (LoginRefused, ScopeUnknown),
    "show_token": (AccessObjectUnknown,),
    "check_token": (AccessObjectUnknown,),
    "revoke_token": (AccessObjectUnknown,),
    "list_projects": (),
    "list_auth_projects": (),
    "list_auth_domains": (),
    # plug-ins, as their authors see them
    "create_plugin_version": _NEW_VERSION,
    "create_plugin_draft": _NEW_VERSION,
    "update_plugin_draft": (*_DRAFT, WrongComposition, PrivateCannotBePublished),
    "publish_plugin_draft": (*_DRAFT, PrivateCannotBePublished),
    "delete_plugin_draft": _DRAFT,
    "update_plugin_base_info": _FACTS,
    "publish_plugin": (*_PUBLISH, PublisherNotAccepted, PublicNameTaken, PrivateCannotBePublished),
    "publish_plugin_bind": _PUBLISH,
    "list_plugins": (),
    "list_p_lugin_version": (PluginUnknown,),
    "list_plugin_version_number": (PluginUnknown,),
    "show_plugin_version": (PluginUnknown, VersionUnknown),
    "show_plugin_inputs": (),
    "show_plugin_outputs": (),
    "show_plugin_metrics": (),
    "create_basic_plugin": (PluginExists, PublicNameTaken),
    "update_basic_plugin": _FACTS,
    "delete_basic_plugin": (*_CHANGE, VersionUnknown, PluginInUse),
    "upload_basic_plugin": (
        *_MAKE,
        PackageRefused,
        ManifestRefused,
        ManifestContradicts,
        VersionExists,
        VersionRetired,
        OtherBytesReleased,
    ),
    "show_basic_plugin": (PluginUnknown, VersionUnknown),
    # icons
    "upload_plugin_icon": (IconRefused,),
    "upload_publisher_icon": (IconRefused,),
    "show_icon": (IconUnknown,),
    # publishers
    "create_publisher": (PublisherExists,),
    "delete_publisher": (PublisherUnknown, PublisherInUse),
    "list_publisher": (),
    "list_available_publisher": (),
    "show_publisher": (),
    # what pipelines may use
    "list_stage_plugins": (),
    "list_base_plugins": (),
    "list_base_plugins_new_post": (),
    "list_modules_detail": (),
    # the platform's operators
    "list_publishers_to_decide": (),
    "accept_publisher": (PublisherUnknown, PublisherExists),
    "reject_publisher": (PublisherUnknown, PublisherHasPublished),
}
"""A test finds every operation here, and every status that hostile requests are answered with."""
