"""`/plugport/v1/inbox*`: what users are told of."""

from app.api.inbox_v1.routes import InboxController

HANDLERS = [InboxController]
