"""`python -m app.api.docs`: writes the OpenAPI document as clients of a new installation see it (`make openapi`)."""

import json
import sys

from app.api.docs.document import finished
from app.asgi import create_app
from app.settings import read_settings


def published() -> str:
    """The document as text; it is kept in `schemas/published/openapi.json`."""
    app = create_app(read_settings({"PLUGPORT_DATABASE_URL": "postgresql://127.0.0.1/never-asked"}))
    return json.dumps(finished(app), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(published())
