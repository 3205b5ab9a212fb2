"""What is measured: each operation as the requests that stand for it on a catalogue of a certain size."""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.bench.load import Request, answer

_NAMES = 60  # plug-ins that details are asked of, from all over the catalogue
_PAGE = 20


@dataclass(frozen=True)
class Operation:
    """Requests of one kind."""

    name: str
    requests: list[Request]


@dataclass(frozen=True)
class Caller:
    """Somebody who is logged in, and the server's port."""

    port: int
    token: str
    domain_id: str

    def get(self, path: str, **query: object) -> Request:
        """A request without a body. `{domain_id}` is filled in."""
        return self._request("GET", path, query, b"")

    def post(self, path: str, said: object, **query: object) -> Request:
        """A request with a JSON body."""
        return self._request("POST", path, query, json.dumps(said, ensure_ascii=False).encode())

    def answer(self, request: Request) -> Any:
        """The JSON that a request is answered with."""
        return json.loads(answer(self.port, request))

    def _request(self, method: str, path: str, query: dict[str, object], body: bytes) -> Request:
        path = path.format(domain_id=self.domain_id) + (f"?{urlencode(query)}" if query else "")
        return Request.of(method, path, {"X-Auth-Token": self.token}, body)


def log_in(port: int, user: str, account: str, password: str) -> Caller:
    """The caller after a login by password."""
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": user, "password": password, "domain": {"name": account}}},
    }
    said = httpx.post(f"http://127.0.0.1:{port}/v3/auth/tokens", json={"auth": {"identity": identity}}, timeout=30)
    said.raise_for_status()
    return Caller(port, said.headers["X-Subject-Token"], said.json()["token"]["user"]["domain"]["id"])


def operations(caller: Caller) -> list[Operation]:
    """All of them, for the catalogue as the caller sees it now."""
    total = caller.answer(_list(caller, {}))["total"]
    names = _names(caller, total)
    deep = max(0, total - 2 * _PAGE)
    return [
        *_lists(caller, total, deep),
        *_searches(caller, names),
        *_relations(caller, deep),
        *_details(caller, names),
        *_filtered_extensions(caller),
        *_searched_extensions(caller),
        *_shown_extensions(caller),
    ]


def _lists(caller: Caller, total: int, deep: int) -> Iterable[Operation]:
    chance = random.Random(1)
    anywhere = [chance.randrange(max(1, total - _PAGE)) for _ in range(50)]
    yield Operation("list, first page", [_list(caller, {})])
    yield Operation("list, last page but one", [_list(caller, {}, deep)])
    yield Operation("list, any page", [_list(caller, {}, offset) for offset in anywhere])
    yield Operation("list, one category", [_list(caller, {"business_type": [each]}) for each in _TYPES])
    yield Operation("list, four categories, deep", [_list(caller, {"business_type": _TYPES[:4]}, deep * 3 // 4)])
    yield Operation("list, all categories", [_list(caller, {"business_type": _TYPES})])
    yield Operation("list, official", [_list(caller, {"plugin_attribution": "official"})])
    yield Operation("list, published", [_list(caller, {"plugin_attribution": "published"})])


def _searches(caller: Caller, names: list[str]) -> Iterable[Operation]:
    for kind, terms in (
        ("a whole name", names[:20]),
        ("a word of few", ["nomad", "ruff", "license-f", "kustomize"]),
        ("a word of many", ["cloud", "linux", "build"]),
        ("two letters, few", ["uv", "k6", "zq"]),
        ("two letters, many", ["on", "ic", "de"]),
        ("one letter", ["a", "e", "x"]),
        ("two Chinese characters", ["部署", "鸿蒙", "支付"]),
        ("nothing like it", ["zzyzx", "qqq-qqq"]),
    ):
        yield Operation(f"search, {kind}", [_list(caller, {"regex_name": each}) for each in terms])
    yield Operation("search, a word in a category",
                    [_list(caller, {"regex_name": "cloud", "business_type": ["Deploy"]})])  # fmt: skip
    yield Operation("search, many, deep", [_list(caller, {"regex_name": "cloud"}, 5_000)])


def _relations(caller: Caller, deep: int) -> Iterable[Operation]:
    plugins, single = "/v1/{domain_id}/relation/plugins", "/v1/{domain_id}/relation/plugin/single"
    page = {"offset": 0, "limit": _PAGE}
    yield Operation("relation/plugins", [caller.post(plugins, {}, **page)])
    yield Operation("relation/plugins, deep", [caller.post(plugins, {}, offset=deep * 9 // 10, limit=_PAGE)])
    yield Operation("relation/plugins, category", [caller.post(plugins, {"business_type": "Test"}, **page)])
    yield Operation("relation/plugins, search", [caller.post(plugins, {"regex_name": "nomad"}, **page)])
    yield Operation("relation/plugin/single", [caller.get(single, **page)])
    yield Operation("relation/plugin/single, deep", [caller.get(single, offset=deep * 7 // 10, limit=_PAGE)])
    yield Operation("relation/stage-plugins", [caller.post("/v1/{domain_id}/relation/stage-plugins", {})])
    yield Operation("modules", [caller.get("/v2/extensions/modules", locations="pipeline", limit=_PAGE)])


def _details(caller: Caller, names: list[str]) -> Iterable[Operation]:
    agent = "/v1/{domain_id}/agent-plugin/"
    yield Operation("detail", [caller.get(f"{agent}detail", plugin_name=each) for each in names])
    yield Operation("extension/detail",
                    [caller.get("/v3/{domain_id}/extension/detail", plugin_name=each) for each in names])  # fmt: skip
    yield Operation("versions", [caller.get(f"{agent}query", plugin_name=each, limit=_PAGE) for each in names])
    yield Operation("all-version", [caller.get(f"{agent}all-version", plugin_name=each) for each in names])
    batches = [[{"plugin_name": each, "version": ""} for each in names[first : first + 20]]
               for first in range(0, len(names) - 19, 20)]  # fmt: skip
    thousand = [{"plugin_name": names[place % len(names)], "version": ""} for place in range(1000)]
    yield Operation("inputs of 1,000", [caller.post(f"{agent}plugin-input", thousand)])
    yield Operation("inputs of 20", [caller.post(f"{agent}plugin-input", each) for each in batches])
    yield Operation("metrics of 20", [caller.post(f"{agent}plugin-metrics", each) for each in batches])


def _filtered_extensions(caller: Caller) -> Iterable[Operation]:
    """Each has a page of twenty also where there are a hundred extensions, so that rates can be compared: what is rare is asked
    for together with more of its kind. The exceptions are a part of few names, which a hundred extensions hardly have, and
    identifiers: each is one extension, however many there are."""
    target, released = _criterion(8, "Microsoft.VisualStudio.Code"), _criterion(12, "16")
    several = [_criterion(5, each) for each in ("Programming Languages", "Themes", "Visualization", "Other")]
    tags = [
        _criterion(1, each) for each in ("syntax", "language", "theme", "icons", "view", "live", "client", "scaffold")
    ]
    full = [target, *several]
    publishers = [_criterion(18, each) for each in ("skylark", "harbour-ide", "bamboo-labs", "riverside", "redcrane")]
    called = [[_criterion(19, each) for each in ("云雀", "港湾", "竹子", "河畔", "红鹤")]]
    deep = max(1, _extension_total(caller, full) // _PAGE // 2)
    last = max(1, _extension_total(caller, [target]) // _PAGE - 1)
    for name, criteria, more in (
        ("extensions, all", [[]], {}),
        ("extensions, a target", [[target]], {}),
        ("extensions, categories", [several], {}),
        ("extensions, tags", [tags], {}),
        ("extensions, categories and tags", [[*several, *tags]], {}),
        ("extensions, three filters", [[*full, released], [*several, *tags, released]], {}),
        ("extensions, target, last page but one", [[target]], {"page_number": last}),
        ("extensions, target+categories, deep", [full], {"page_number": deep}),
        ("extensions, target by name", [[target]], {"sort_by": 2}),
        ("extensions, categories by name", [several], {"sort_by": 2}),
        ("extensions, categories by name, deep", [several], {"sort_by": 2, "page_number": deep}),
        ("extensions, tags by name", [tags], {"sort_by": 2}),
        ("extensions, target by publisher", [[target]], {"sort_by": 3}),
        ("extensions, publishers", [publishers, *called], {}),
        ("extensions, part of many names", [[_criterion(2, each)] for each in ("by", "on")], {}),
        ("extensions, part of few names", [[_criterion(2, each)] for each in ("gradle", "检查", "quarkus")], {}),
        ("extensions, identifiers", [[_criterion(7, each)] for each in _identifiers(caller)], {}),
    ):
        yield Operation(name, [_extensions(caller, each, **more) for each in criteria])


def _searched_extensions(caller: Caller) -> Iterable[Operation]:
    """Where there are a hundred extensions, only words of every second one fill a page. The others find none to fifteen there,
    and the time that more rows take counts against the larger catalogue."""
    brands = sorted({each.split("-")[-2] for each in _identifiers(caller)})[:6]
    typos = [each[:2] + each[3] + each[2] + each[4:] for each in brands if len(each) > 5]
    for name, texts in (
        ("keyword, of every second", ["included", "开发"]),
        ("keyword, of every second, two words", ["included for", "开发 高效", "included need", "提供 开发"]),
        ("keyword, of many", ["snippet", "preview", "theme"]),
        ("keyword, of some", ["python", "docker", "kafka"]),
        ("keyword, of few", brands),
        ("keyword, beginning", ["pyth", "kuber", "postg"]),
        ("keyword, typo", [*typos, "pyhton", "kuberentes", "dokcer"]),
        ("keyword, two words", ["python formatter", "docker client", "react preview"]),
        ("keyword, two words of many", ["language support", "code review"]),
        ("keyword, no extension has both", ["python docker", "kafka theme"]),
        ("keyword, Chinese", ["格式化", "代码检查", "图标包"]),
        ("keyword, nothing like it", ["zzyzxq"]),
    ):
        yield Operation(name, [_extensions(caller, [_criterion(10, text)]) for text in texts])
    asked = [_criterion(10, "python"), _criterion(5, "Formatters")]
    yield Operation("keyword in a category", [_extensions(caller, asked)])
    many = [_criterion(10, "included"), _criterion(5, "Programming Languages"), _criterion(5, "Themes")]
    yield Operation("keyword of many in categories", [_extensions(caller, many)])
    yield Operation("keyword, of many, by name", [_extensions(caller, [_criterion(10, "included")], sort_by=2)])
    yield Operation("keyword, of many, page 20", [_extensions(caller, [_criterion(10, "snippet")], page_number=20)])


def _shown_extensions(caller: Caller) -> Iterable[Operation]:
    ids = [each["extension_id"] for each in _listed(caller)]
    show = "/v1/marketplace/extension/public/detail"
    yield Operation("extension detail", [caller.post(show, {"ids": each}) for each in ids])
    yield Operation("extension categories", [caller.get("/v1/marketplace/extension/category", page_size=_PAGE)])
    yield Operation("extension categories of an IDE",
                    [caller.get("/v1/marketplace/extension/category", page_size=_PAGE, support_ide=3)])  # fmt: skip


def _criterion(filter_type: int, value: str) -> dict[str, object]:
    return {"filter_type": filter_type, "value": value}


def _extensions(caller: Caller, criteria: list[dict[str, object]], **more: int) -> Request:
    asked = {"criteria": criteria, "page_number": 1, "page_size": _PAGE} | more
    return caller.post("/v1/marketplace/extension/extensionquery", {"filters": [asked], "flags": 2})


def _extension_total(caller: Caller, criteria: list[dict[str, object]]) -> int:
    found = caller.answer(_extensions(caller, criteria))["results"][0]["result_metadata"]
    return int(found[0]["metadata_items"][0]["count"])


def _listed(caller: Caller) -> list[dict[str, str]]:
    """Extensions of the first page."""
    found: list[dict[str, str]] = caller.answer(_extensions(caller, []))["results"][0]["extensions"]
    return found


def _identifiers(caller: Caller) -> list[str]:
    return [each["identifier"] for each in _listed(caller)]


def _list(caller: Caller, query: dict[str, object], offset: int = 0) -> Request:
    return caller.post("/v1/{domain_id}/agent-plugin/query-all", query, offset=offset, limit=_PAGE)


def _names(caller: Caller, total: int) -> list[str]:
    """Names of plug-ins with a version, from all over the catalogue, the same ones each time."""
    chance = random.Random(2)
    names: dict[str, None] = {}
    while len(names) < min(_NAMES, total // 2):
        for row in caller.answer(_list(caller, {}, chance.randrange(max(1, total - _PAGE))))["data"][:3]:
            if row["version"]:
                names[row["plugin_name"]] = None
    return list(names)[:_NAMES]


_TYPES = ["Build", "Gate", "Deploy", "Test", "Normal"]
