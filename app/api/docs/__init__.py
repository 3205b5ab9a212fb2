"""The interface described: `/schema` for people, `/schema/openapi.json` and `/schema/openapi.yaml` for machines.

The pages are Swagger UI, kept in `assets/` byte for byte as its makers publish it, so that they open without a request
to any other host. `assets/README.md` says which version it is and how to take a newer one.
"""

import json
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import urlsplit

import yaml
from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme, Server
from litestar.params import FromPath

from app.api.docs.document import finished

PATH = "/schema"

_ABOUT = """\
A self-hosted plug-in marketplace and registry.

**Credentials.** Send the token that `POST /v3/auth/tokens` answers as `X-Auth-Token`, or sign the request with an access key
(`Authorization: SDK-HMAC-SHA256 ...`). A signature is good for 15 minutes around its `X-Sdk-Date`, and once.
Some operations also take a publisher token as `x-publisher-token`; they say so.

**Accounts.** `{domain_id}` in a path is the caller's own account. What belongs to another account is answered like what is not
there.

**Refusals** are `{"error_code", "error_msg"}` with a 4xx status; clients may rely on the code, the sentence is for people and
names the field at fault. Every answer has an `X-Request-Id`. A path that takes other methods answers 405 with `Allow`.

**Lists** take `offset` and `limit` and answer `total`. Fields that an operation does not know are ignored.
"""

_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "page.js": "text/javascript",
    "page.css": "text/css",
}
_ASSETS = {name: (files(__package__) / "assets" / name).read_bytes() for name in _MEDIA_TYPES}
_PAGE = Template((files(__package__) / "page.html").read_text("utf-8"))

# The assets' address changes with their content, which is what allows a browser to keep them for ever.
_REVISION = sha256(b"".join(_ASSETS.values())).hexdigest()[:16]

_HEADERS = {
    # Swagger UI draws some icons from data: addresses; everything else, scripts above all, comes from this origin.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def openapi_config(base_url: str, version: str) -> OpenAPIConfig:
    """What `Litestar(openapi_config=...)` takes; it brings the pages and their assets with it.

    `base_url` is the public address of the service; a path in it (a proxy that serves us under a prefix) is honoured.
    `version` is the version of Plugport. Every route made here carries `opt={"public": True}`.
    """
    prefix = urlsplit(base_url).path.rstrip("/")
    return OpenAPIConfig(
        title="Plugport",
        version=version,
        description=_ABOUT,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        servers=[
            # Relative and first, so that "Try it out" works by whatever name the page was opened.
            Server(url=prefix or "/", description="The server that answered this document"),
            Server(url=base_url, description="The public address"),
        ],
        components=Components(
            security_schemes={
                "token": SecurityScheme(
                    type="apiKey",
                    name="X-Auth-Token",
                    security_scheme_in="header",
                    description="The X-Subject-Token that POST /v3/auth/tokens answers.",
                ),
                "signature": SecurityScheme(
                    type="apiKey",
                    name="Authorization",
                    security_scheme_in="header",
                    description="An access key's SDK-HMAC-SHA256 signature of the request, with X-Sdk-Date.",
                ),
                "publisher-token": SecurityScheme(
                    type="apiKey",
                    name="x-publisher-token",
                    security_scheme_in="header",
                    description="The token that POST /plugport/v1/publisher-tokens answers; only some operations take it.",
                ),
            }
        ),
        security=[{"token": []}, {"signature": []}],
        render_plugins=[_Page(prefix), _Json(), _Yaml()],
        openapi_router=Router(
            PATH,
            route_handlers=[docs_assets()],
            before_request=_refuse_unknown_path,
            response_headers=_HEADERS,
            include_in_schema=False,
            opt={"public": True},
        ),
    )


def docs_assets() -> HTTPRouteHandler:
    """The scripts and styles of the pages, from memory, under an address that names their content."""

    @get("/assets/{revision:str}/{name:str}", sync_to_thread=False)
    def asset(revision: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        if revision != _REVISION or name not in _ASSETS:
            raise NotFoundException
        return Response(
            _ASSETS[name],
            media_type=_MEDIA_TYPES[name],
            headers={"cache-control": "public, max-age=31536000, immutable"},
        )

    return asset


class _Json(JsonRenderPlugin):
    """The finished document, made when it is first asked for."""

    _made: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002 - theirs
        self._made = self._made or json.dumps(finished(request.app), ensure_ascii=False).encode()
        return self._made


class _Yaml(YamlRenderPlugin):
    """The same in YAML."""

    _made: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002 - theirs
        self._made = self._made or yaml.safe_dump(finished(request.app), sort_keys=False, allow_unicode=True).encode()
        return self._made


class _Page(OpenAPIRenderPlugin):
    """Swagger UI on a page of our own: Litestar's has inline scripts and styles, which our policy forbids."""

    def __init__(self, prefix: str) -> None:
        super().__init__(path="/")
        self._html = _PAGE.substitute(
            schema=escape(f"{prefix}{PATH}/openapi.json"), assets=escape(f"{prefix}{PATH}/assets/{_REVISION}")
        ).encode()

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002 - theirs
        return self._html


def _refuse_unknown_path(request: Request[Any, Any, Any]) -> None:
    """Litestar answers an unknown path below the router with an HTML page; ours is the registry's own error."""
    if "path" in request.path_params:
        raise NotFoundException
