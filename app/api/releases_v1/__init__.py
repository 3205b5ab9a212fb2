"""`/plugport/v1/releases*`: where releases stand, and what is done to them."""

from app.api.releases_v1.routes import ReleasesController

HANDLERS = [ReleasesController]
