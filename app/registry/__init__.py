"""What the registry does, one attribute per noun. Surfaces call these use-cases and nothing below them."""

from dataclasses import dataclass

from app.registry.access.publisher_tokens import PublisherTokens
from app.registry.access.service import Access
from app.registry.audit.service import Audit
from app.registry.checks.service import Checks
from app.registry.consents.service import Consents
from app.registry.contracts.changes import Changes
from app.registry.contracts.service import Contracts
from app.registry.downloads.service import Downloads
from app.registry.extensions.service import Extensions
from app.registry.feedback.service import Feedback
from app.registry.icons.service import Icons
from app.registry.installs.service import Installs
from app.registry.jobs.service import Jobs
from app.registry.marketplace.service import Marketplace
from app.registry.memberships.service import Memberships
from app.registry.notifications.service import Notifications
from app.registry.packages.service import Packages
from app.registry.pipelines.service import Pipelines
from app.registry.plugins.catalogue import Catalogue
from app.registry.plugins.service import Plugins
from app.registry.policies.rule_sets import RuleSets
from app.registry.policies.service import Policies
from app.registry.publishers.service import Publishers
from app.registry.releases.service import Releases
from app.registry.reviews.service import Reviews
from app.registry.upkeep.service import Upkeep
from app.registry.uploads.service import Uploads
from app.registry.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True)
class Registry:
    """Every use-case there is. Each takes the caller first."""

    access: Access
    plugins: Plugins
    catalogue: Catalogue
    changes: Changes
    contracts: Contracts
    packages: Packages
    uploads: Uploads
    pipelines: Pipelines
    publishers: Publishers
    memberships: Memberships
    publisher_tokens: PublisherTokens
    icons: Icons
    downloads: Downloads
    extensions: Extensions
    releases: Releases
    reviews: Reviews
    marketplace: Marketplace
    feedback: Feedback
    installs: Installs
    consents: Consents
    policies: Policies
    rule_sets: RuleSets
    jobs: Jobs
    upkeep: Upkeep
    audit: Audit
    notifications: Notifications
    webhooks: Webhooks
    checks: Checks
