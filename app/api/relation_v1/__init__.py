"""`/v1/{domain_id}/relation/*`: which plug-ins a pipeline may add."""

from app.api.relation_v1.routes import RelationController

HANDLERS = [RelationController]
