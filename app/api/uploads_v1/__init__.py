"""`/plugport/v1/uploads*`: files in chunks with raw bodies, for the command line, web pages and anybody with curl."""

from app.api.uploads_v1.routes import UploadsController

HANDLERS = [UploadsController]
