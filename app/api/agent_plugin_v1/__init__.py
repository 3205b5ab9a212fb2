"""`/v1/{domain_id}/agent-plugin/*`: plug-ins as their authors see them."""

from app.api.agent_plugin_v1.routes import AgentPluginController

HANDLERS = [AgentPluginController]
