"""What a route says of the operation that it is."""

from typing import Any


def operation(
    id: str,
    *,
    status: int = 200,
    public: bool = False,
    allowed_as: str | None = None,
    any_domain: bool = False,
    publisher_token: bool = False,
) -> dict[str, Any]:
    """The arguments of a route decorator that make its handler the operation `id` of OpenAPI and of `permissions.py`.

    `status` is that of the good answer. `public` takes everybody, whoever they are; else the caller needs a role that has
    the row `id` (or `allowed_as`), and the path must name the caller's account, except with `any_domain`.
    With `publisher_token` a caller may also come by such a token alone; the use-case must then heed `caller.publisher_id`.
    """
    opt: dict[str, Any] = {"public": True} if public else {"operation": allowed_as or id}
    if any_domain:
        opt["any_domain"] = True
    if publisher_token:
        opt["publisher_token"] = True
    return {"operation_id": id, "status_code": status, "opt": opt}
