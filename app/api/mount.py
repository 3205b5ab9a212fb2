"""Every surface on one screen. A new one is one import and one line."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from app.api import (
    agent_plugin_v1,
    audit_v1,
    contracts_v1,
    downloads_v1,
    extension_v3,
    extensions_v1,
    fileservice_v2,
    gates_v1,
    health,
    icons_v1,
    identity_v3,
    inbox_v1,
    marketplace_v1,
    moderation_v1,
    modules_v2,
    my_publishers_v1,
    operators_v1,
    policies_v2,
    publisher_tokens_v1,
    publisher_v1,
    relation_v1,
    releases_v1,
    reviews_v1,
    uploads_v1,
    webhooks_v1,
)

SURFACES: Sequence[ControllerRouterHandler] = [
    *health.HANDLERS,  # /healthz /readyz /metrics
    *identity_v3.HANDLERS,  # / /v3 /v3/auth/* /v3/projects
    *agent_plugin_v1.HANDLERS,  # /v1/{domain_id}/agent-plugin/*
    *extension_v3.HANDLERS,  # /v3/{domain_id}/extension/*
    *relation_v1.HANDLERS,  # /v1/{domain_id}/relation/*
    *modules_v2.HANDLERS,  # /v2/extensions/modules
    *publisher_v1.HANDLERS,  # /v1/{domain_id}/publisher/*
    *icons_v1.HANDLERS,  # /v1/{domain_id}/common/* /api/v1/{domain_id}/common/get-plugin-icon
    *marketplace_v1.HANDLERS,  # /v1/marketplace/* /v2/extension/authorization*
    *fileservice_v2.HANDLERS,  # /v2/fileservice/file/upload
    *uploads_v1.HANDLERS,  # /plugport/v1/uploads*
    *publisher_tokens_v1.HANDLERS,  # /plugport/v1/publisher-tokens*
    *downloads_v1.HANDLERS,  # /plugport/v1/plugins/*/versions/*/* /plugport/v1/packages/*
    *contracts_v1.HANDLERS,  # /plugport/v1/plugins/*/versions/*/* /plugport/v1/contracts/*
    *extensions_v1.HANDLERS,  # /plugport/v1/extensions/* /plugport/v1/extension-tasks/*
    *policies_v2.HANDLERS,  # /v2/{domain_id}/rules* /v2/{domain_id}/tenant/* /v2/{project_id}/rule-sets* .../open-source/*
    *gates_v1.HANDLERS,  # /plugport/v1/gates/*
    *operators_v1.HANDLERS,  # /plugport/v1/publishers*
    *my_publishers_v1.HANDLERS,  # /plugport/v1/my-publishers* /plugport/v1/publisher-invitations*
    *audit_v1.HANDLERS,  # /plugport/v1/audit/*
    *inbox_v1.HANDLERS,  # /plugport/v1/inbox*
    *webhooks_v1.HANDLERS,  # /plugport/v1/webhooks*
    *releases_v1.HANDLERS,  # /plugport/v1/releases*
    *reviews_v1.HANDLERS,  # /plugport/v1/reviews* /plugport/v1/review-rules* /plugport/v1/publishers/*/sensitive
    *moderation_v1.HANDLERS,  # /plugport/v1/moderation/*
]
