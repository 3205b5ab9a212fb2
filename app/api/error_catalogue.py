"""`python -m app.api.error_catalogue`: writes every refusal there is (`schemas/published/errors.json`).

An array of `{error_code, kind, http_status, error_msg}` in the order of the codes. Words in braces in `error_msg` stand for
what a refusal is about; in answers the field at fault is named before it.
"""

import json
import sys

from app.api.problems import STATUSES
from schemas.errors import UnknownMethod, catalogue


def published() -> str:
    """The document as text."""
    rows = [
        {
            "error_code": each.code,
            "kind": each.kind.value,
            "http_status": 405 if each is UnknownMethod else STATUSES[each.kind],
            "error_msg": each.sentence,
        }
        for each in catalogue()
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(published())
