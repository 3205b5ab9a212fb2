"""The error body that most surfaces answer (contract, errors.json); `identity_v3` and `modules_v2` have their own."""

from schemas.base import Wire


class Problem(Wire, kw_only=True):
    """A refusal: a stable code that clients match on, and a sentence for people that names the field at fault."""

    error_code: str
    error_msg: str
