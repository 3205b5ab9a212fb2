"""Every refusal there is, for people and programs: `python -m app.api.error_catalogue` writes it anew.

The file `schemas/published/errors.json` is an array of `{error_code, kind, http_status, error_msg}` in the order of the codes.
Words in braces in `error_msg` stand for what the refusal is about; a field that is at fault is named before it.
"""

import json
from pathlib import Path

from app.api.problems import STATUSES, status_of
from schemas import published
from schemas.errors import RegistryError, UnknownMethod, catalogue

FILE = Path(published.__path__[0]) / "errors.json"


def render() -> str:
    """The content of the file."""
    rows = [
        {
            "error_code": each.code,
            "kind": each.kind.value,
            "http_status": _status(each),
            "error_msg": each.sentence,
        }
        for each in catalogue()
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def _status(error: type[RegistryError]) -> int:
    return status_of(UnknownMethod(method="")) if error is UnknownMethod else STATUSES[error.kind]


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
