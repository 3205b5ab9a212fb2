"""Which operation refuses with what, beside the refusals that every operation has (see `document.py`)."""

from schemas.errors import (
    AccessObjectUnknown,
    BytesDamaged,
    ChunkDigestWrong,
    ChunkRefused,
    ChunksMissing,
    FileDigestWrong,
    FileExists,
    FileSizeWrong,
    IconRefused,
    IconUnknown,
    IdempotencyKeyReused,
    LoginRefused,
    ManifestContradicts,
    ManifestRefused,
    NoDirectUploads,
    NotADraft,
    NotBoundTo,
    NotMaintainer,
    NotPublishersOwner,
    OtherBytesReleased,
    PackageQuarantined,
    PackageRefused,
    PackageUnknown,
    PluginExists,
    PluginInUse,
    PluginUnknown,
    PreconditionFailed,
    PrivateCannotBePublished,
    PublicNameTaken,
    PublisherExists,
    PublisherHasPublished,
    PublisherInUse,
    PublisherNotAccepted,
    PublisherTokenUseless,
    PublisherUnknown,
    QuotaExceeded,
    RangeUnsatisfiable,
    RegistryError,
    ScopeUnknown,
    StorageFull,
    StorageUnavailable,
    UploadMovedOn,
    UploadUnknown,
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
_NEW_UPLOAD: Refusals = (PublisherUnknown, PublisherNotAccepted, FileExists, QuotaExceeded)
_CHUNK: Refusals = (ChunkRefused, ChunkDigestWrong)
_STORAGE: Refusals = (StorageUnavailable, StorageFull)
_OF_VERSION: Refusals = (PluginUnknown, VersionUnknown)
_READY: Refusals = (PackageUnknown, PackageQuarantined, PreconditionFailed, BytesDamaged, StorageUnavailable)
_SEND: Refusals = (*_READY, RangeUnsatisfiable)

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
        BytesDamaged,
    ),
    "show_basic_plugin": (PluginUnknown, VersionUnknown),
    # uploads in chunks
    "upload_file_publisher": (
        *_NEW_UPLOAD,
        *_CHUNK,
        UploadUnknown,
        UploadMovedOn,
        ChunksMissing,
        FileSizeWrong,
        FileDigestWrong,
    ),
    "create_upload": (*_NEW_UPLOAD, NotMaintainer, WrongComposition, IdempotencyKeyReused, *_STORAGE),
    "show_upload_limits": (),
    "list_uploads": (),
    "show_upload": (UploadUnknown, StorageUnavailable),
    "add_chunk": (*_CHUNK, UploadUnknown, UploadMovedOn),
    "create_chunk_urls": (UploadUnknown, UploadMovedOn, ChunkRefused, NoDirectUploads, StorageUnavailable),
    "complete_upload": (
        UploadUnknown,
        UploadMovedOn,
        ChunksMissing,
        FileSizeWrong,
        FileDigestWrong,
        FileExists,
        IdempotencyKeyReused,
        *_STORAGE,
    ),
    "abort_upload": (UploadUnknown, UploadMovedOn),
    # packages on their way out
    "download_package": (*_OF_VERSION, *_SEND),
    "check_package": (*_OF_VERSION, *_READY),
    "download_package_by_digest": _SEND,
    "check_package_by_digest": _READY,
    "read_download_counts": (*_CHANGE, VersionUnknown),
    # icons
    "upload_plugin_icon": (IconRefused, BytesDamaged),
    "upload_publisher_icon": (IconRefused, BytesDamaged),
    "show_icon": (IconUnknown, BytesDamaged, StorageUnavailable),
    # publishers
    "create_publisher": (PublisherExists,),
    "delete_publisher": (PublisherUnknown, PublisherInUse),
    "list_publisher": (),
    "list_available_publisher": (),
    "show_publisher": (),
    # publisher tokens
    "create_publisher_token": (PublisherUnknown, NotPublishersOwner, PublisherTokenUseless),
    "list_publisher_tokens": (PublisherUnknown,),
    "revoke_publisher_token": (AccessObjectUnknown,),
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
