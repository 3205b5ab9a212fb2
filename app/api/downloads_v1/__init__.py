"""`/plugport/v1/plugins/*/versions/*/package`, `.../downloads` and `/plugport/v1/packages/*`: packages on their way out."""

from app.api.downloads_v1.routes import DownloadsController

HANDLERS = [DownloadsController]
