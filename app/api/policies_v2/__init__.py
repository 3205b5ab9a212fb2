"""`/v2/{domain_id}/rules*` and its like: rules, rule sets and open-source policies."""

from app.api.policies_v2.routes import OpenSourceController, RulesController, RuleSetsController

HANDLERS = [RulesController, RuleSetsController, OpenSourceController]
