"""Every surface on one screen. A new one is one import and one line."""

from litestar.types import ControllerRouterHandler

from app.api import agent_plugin_v1, extension_v3, health, identity_v3, modules_v2, relation_v1

SURFACES: list[ControllerRouterHandler] = [
    *health.HANDLERS,  # /healthz /readyz /metrics
    *identity_v3.HANDLERS,  # / /v3 /v3/auth/* /v3/projects
    *agent_plugin_v1.HANDLERS,  # /v1/{domain_id}/agent-plugin/*
    *extension_v3.HANDLERS,  # /v3/{domain_id}/extension/*
    *relation_v1.HANDLERS,  # /v1/{domain_id}/relation/*
    *modules_v2.HANDLERS,  # /v2/extensions/modules
]
