"""`/plugport/v1/my-publishers*`, `/plugport/v1/publisher-invitations*`: who belongs to publishers."""

from app.api.my_publishers_v1.routes import InvitationsController, MyPublishersController

HANDLERS = [MyPublishersController, InvitationsController]
