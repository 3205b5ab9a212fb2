"""`/v2/fileservice/file/upload`: a publisher's file in chunks, as the contract sends them."""

from app.api.fileservice_v2.routes import FileServiceController

HANDLERS = [FileServiceController]
