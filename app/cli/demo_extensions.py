"""The extensions of the demonstration: made from lists of words, the same ones each time.

What they are about, what they are and a twist make their names (`python-formatter-nimbra`). Half of them are called in
Chinese. All versions of a tenant are of one small package, whose bytes were uploaded and inspected like any other.
"""

import io
import json
import random
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import prod

import msgspec

from app.registry.plugins import versions
from schemas.base import Entity
from schemas.ids import new_id
from schemas.model.access import Tenant
from schemas.model.extensions import UNIVERSAL, PackageFacts
from schemas.model.publishers import Publisher
from schemas.model.uploads import Upload
from storage.postgres.demo import ExtensionRow, ExtensionVersionRow, ShownRow, StatsRow

_TOPICS: tuple[tuple[str, str], ...] = (
    *((each, each) for each in (
        "Python", "Java", "JavaScript", "TypeScript", "Go", "Rust", "Kotlin", "Scala", "Swift", "Ruby", "PHP", "Perl", "Lua",
        "Dart", "Elixir", "Erlang", "Haskell", "OCaml", "Clojure", "Julia", "R", "C++", "C#", "F#", "Zig", "Nim", "ArkTS",
        "Solidity", "COBOL", "Fortran", "Verilog", "VHDL", "Prolog", "GraphQL", "Protobuf", "Thrift", "OpenAPI", "AsyncAPI",
        "YAML", "TOML", "JSON", "XML", "CSV", "Markdown", "AsciiDoc", "LaTeX", "Typst", "HTML", "CSS", "Sass", "Less", "Tailwind",
        "React", "Vue", "Angular", "Svelte", "Solid", "Astro", "Next.js", "Nuxt", "Remix", "Ember", "jQuery", "Electron",
        "Flutter", "React Native", "Ionic", "Django", "Flask", "FastAPI", "Spring Boot", "Quarkus", "Micronaut", "Laravel",
        "Symfony", "Rails", "Phoenix", "Express", "NestJS", "Gin", "Axum", "Docker", "Kubernetes", "Helm", "Terraform",
        "Ansible", "Pulumi", "Vagrant", "Nginx", "Envoy", "Istio", "PostgreSQL", "MySQL", "GaussDB", "SQLite", "MongoDB",
        "Redis", "Kafka", "RabbitMQ", "Elasticsearch", "Jupyter", "PyTorch", "TensorFlow", "Spark", "Flink", "Airflow", "dbt",
        "Git", "Jenkins", "Gradle", "Maven", "CMake", "Bazel", "Jest", "Playwright", "Cypress", "pytest", "JUnit", "Arduino",
    )),
    ("HarmonyOS", "鸿蒙"), ("Mini Program", "小程序"), ("Regular Expressions", "正则表达式"), ("Shell", "命令行脚本"),
    ("Embedded", "嵌入式"), ("Assembly", "汇编"), ("Database", "数据库"), ("Remote Hosts", "远程主机"), ("Comments", "注释"),
    ("Logs", "日志"), ("Translations", "翻译"), ("Diagrams", "流程图"), ("Spelling", "拼写"), ("Colours", "颜色"),
)  # fmt: skip
# What it is, in English and Chinese, with its category and more words for it.
_KINDS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("Snippets", "代码片段", "Snippets", ("snippet", "template")),
    ("Formatter", "代码格式化", "Formatters", ("format", "beautify")),
    ("Linter", "代码检查", "Linters", ("lint", "diagnostics")),
    ("Language Support", "语言支持", "Programming Languages", ("language", "completion")),
    ("Syntax Highlighting", "语法高亮", "Programming Languages", ("syntax", "grammar")),
    ("Debugger", "调试器", "Debuggers", ("debug", "breakpoint")),
    ("Test Explorer", "测试管理器", "Testing", ("test", "coverage")),
    ("Preview", "实时预览", "Visualization", ("preview", "live")),
    ("Colour Theme", "颜色主题", "Themes", ("theme", "dark")),
    ("Icon Pack", "图标包", "Themes", ("icons", "files")),
    ("Keymap", "快捷键", "Keymaps", ("keybindings", "shortcuts")),
    ("Extension Pack", "扩展合集", "Extension Packs", ("pack", "bundle")),
    ("Notebook", "笔记本", "Notebooks", ("notebook", "cells")),
    ("Viewer", "查看器", "Visualization", ("view", "explorer")),
    ("Client", "客户端", "Other", ("client", "connect")),
    ("Generator", "生成器", "Other", ("scaffold", "boilerplate")),
    ("Documentation", "文档助手", "Education", ("docs", "hover")),
    ("Refactoring", "重构工具", "Programming Languages", ("refactor", "rename")),
    ("Code Review", "代码审查", "SCM Providers", ("review", "diff")),
    ("Assistant", "智能助手", "Machine Learning", ("ai", "suggestions")),
)
_SYLLABLES = (
    "nim",
    "bra",
    "zen",
    "ti",
    "va",
    "lor",
    "mi",
    "qua",
    "dex",
    "or",
    "bel",
    "fa",
    "ny",
    "kor",
    "su",
    "pel",
    "ra",
    "tox",
    "wi",
)
_STUDIOS: tuple[tuple[str, str], ...] = (
    ("northwind-code", "北风代码"), ("lotus-studio", "莲花工作室"), ("harbour-ide", "港湾编辑器"), ("bamboo-labs", "竹子实验室"),
    ("redcrane", "红鹤软件"), ("polar-tools", "极地工具"), ("evergreen-dev", "常青开发"), ("silkroad", "丝路科技"),
    ("moonlight", "月光社"), ("granite-soft", "花岗岩软件"), ("skylark", "云雀"), ("paperplane", "纸飞机"),
    ("bluewhale", "蓝鲸"), ("firefly-dev", "萤火虫"), ("mountain-view", "山景"), ("riverside", "河畔"),
    ("maple-code", "枫叶代码"), ("copperfield", "铜野"), ("lanternworks", "灯笼工坊"), ("plum-blossom", "梅花"),
)  # fmt: skip
_ARCHITECTURES = ("win32-x64", "linux-x64", "darwin-arm64", UNIVERSAL, UNIVERSAL, UNIVERSAL, UNIVERSAL, UNIVERSAL)
_RELEASES = (("1.0.0",), ("0.9.0", "1.0.0"), ("1.0.0", "1.1.0", "1.2.0"), ("2.0.0-beta.1", "2.0.0"), ("0.1.0",))
_TWISTS = 50
_STEP = 1_000_003  # a prime: walks through every combination of words, neighbours far apart
_PERIOD = timedelta(days=700)  # over which the marketplace seems to have grown
_TARGET, _ENGINE = "Microsoft.VisualStudio.Code", "vscode"

STUDIOS = _STUDIOS
"""English and Chinese names of publishers of extensions."""


class Seller(Entity, frozen=True):
    """A publisher, its tenant, and the package that the versions of that tenant are of."""

    tenant: Tenant
    publisher: Publisher
    package: Upload


class ExtensionBatch(Entity, frozen=True):
    """Extensions that are loaded together, with everything of theirs."""

    extensions: list[ExtensionRow] = []
    versions: list[ExtensionVersionRow] = []
    stats: list[StatsRow] = []
    shown: list[ShownRow] = []


class _Words(Entity, frozen=True):
    """What an extension is about."""

    name: str
    title: str
    title_zh: str
    description: str
    description_zh: str
    category: str
    tags: list[str]


def a_package(publisher: str) -> bytes:
    """The package of an extension that does nothing, the same each time."""
    facts = {
        "name": "demonstration",
        "publisher": publisher,
        "version": "1.0.0",
        "displayName": "Demonstration",
        "description": "Does nothing",
        "engines": {_ENGINE: "^1.75.0"},
        "categories": ["Other"],
    }
    vsixmanifest = f"""<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="demonstration" Version="1.0.0" Publisher="{publisher}"/>
    <DisplayName>Demonstration</DisplayName>
    <Description xml:space="preserve">Does nothing</Description>
    <Tags></Tags>
    <Categories>Other</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties><Property Id="Microsoft.VisualStudio.Code.Engine" Value="^1.75.0"/></Properties>
  </Metadata>
  <Installation><InstallationTarget Id="{_TARGET}"/></Installation>
  <Dependencies/>
  <Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets>
</PackageManifest>
"""
    types = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
"""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for path, text in (
            ("extension.vsixmanifest", vsixmanifest),
            ("[Content_Types].xml", types),
            ("extension/package.json", json.dumps(facts)),
        ):
            writer.writestr(zipfile.ZipInfo(path, date_time=(2024, 1, 2, 3, 4, 6)), text)
    return archive.getvalue()


def extension_batches(
    sellers: list[Seller], wanted: int, taken: set[str], until: datetime, *, size: int
) -> Iterator[ExtensionBatch]:
    """`wanted` extensions in batches of at most `size`, none of them called as in `taken`, the latest changed at `until`."""
    chance = random.Random(len(taken))  # noqa: S311 - a catalogue is no secret; the same one each time is easier to talk of
    batch = ExtensionBatch()
    words = (made for made in map(_words, range(_combinations())) if made.name not in taken)
    for number in range(wanted):
        changed_at = until - _PERIOD * ((wanted - 1 - number) / wanted)
        _add(batch, chance.choice(sellers), next(words), number, changed_at, chance)
        if len(batch.extensions) == size:
            yield batch
            batch = ExtensionBatch()
    if batch.extensions:
        yield batch


def _combinations() -> int:
    return prod((len(_TOPICS), len(_KINDS), _TWISTS))


def _words(number: int) -> _Words:
    place = number * _STEP % _combinations()
    place, topic = divmod(place, len(_TOPICS))
    twist, kind = divmod(place, len(_KINDS))
    (about, about_zh), (is_a, is_a_zh, category, more) = _TOPICS[topic], _KINDS[kind]
    invented = random.Random(number).choices(_SYLLABLES, k=3)  # noqa: S311 - as above
    brand = "".join(invented) if twist else ""
    slug = "-".join(part for part in (_slug(about), _slug(is_a), brand, str(twist) if twist else "") if part)
    return _Words(
        name=slug,
        title=f"{about} {is_a}{f' by {brand.title()}' if brand else ''}",
        title_zh=f"{about_zh} {is_a_zh}{f'（{brand.title()}）' if brand else ''}",
        description=f"{is_a} for {about}: {more[0]} and {more[1]} where you need it, with {brand or 'everything'} included.",
        description_zh=f"为 {about_zh} 提供{is_a_zh}，让开发更高效。",
        category=category,
        tags=[_slug(about), *more, *([brand] if brand else [])],
    )


def _slug(text: str) -> str:
    return text.lower().replace(" ", "-").replace("+", "p").replace("#", "sharp").replace(".", "")


def _add(
    batch: ExtensionBatch, seller: Seller, words: _Words, number: int, changed_at: datetime, chance: random.Random
) -> None:
    """Adds an extension with its versions, the last of which is the one that it shows."""
    id, chinese = new_id(), number % 2 == 1
    numbers, platform = chance.choice(_RELEASES), chance.choice(_ARCHITECTURES)
    facts = PackageFacts(
        publisher=seller.publisher.en_name,
        name=words.name,
        version=numbers[-1],
        display_name=words.title_zh if chinese else words.title,
        description=words.description_zh if chinese else words.description,
        target_platform=platform,
        engines={_ENGINE: "^1.75.0"},
        targets=[_TARGET],
        categories=[words.category],
        tags=words.tags,
        preview=chance.random() < 0.05,
        license="Apache-2.0",
        repository=f"https://code.example.com/{seller.publisher.en_name}/{words.name}",
        properties={"Microsoft.VisualStudio.Code.Engine": "^1.75.0"},
        localised={} if chinese else {"zh-cn": {"display_name": words.title_zh}},
    )
    batch.extensions.append(
        ExtensionRow(
            id=id,
            publisher_id=seller.publisher.id,
            publisher_name=seller.publisher.en_name,
            name=words.name,
            official=seller.tenant.official,
            display_name=facts.display_name,
            description=facts.description,
            categories=facts.categories,
            tags=facts.tags,
            targets=facts.targets,
            engines=[_ENGINE],
            preview=facts.preview,
            published_at=changed_at,
            creator_id=seller.publisher.user_id,
            creator_name="demo",
            tenant_id=seller.tenant.id,
            created_at=changed_at,
            updated_at=changed_at,
        )
    )
    version_id = ""
    for each in numbers:
        version_id = new_id()
        batch.versions.append(
            ExtensionVersionRow(
                id=version_id,
                extension_id=id,
                version=each,
                precedence=versions.precedence(versions.parse("version", each)),
                target_platform=platform,
                state="published",
                offer="listed",
                package_sha256=seller.package.found_sha256 or "",
                package_size=seller.package.spec.size,
                facts=msgspec.json.encode(msgspec.structs.replace(facts, version=each)).decode(),
                upload_id=seller.package.id,
                uploader_id=seller.publisher.user_id,
                uploader_name="demo",
                published_at=changed_at,
                tenant_id=seller.tenant.id,
                created_at=changed_at,
                updated_at=changed_at,
            )
        )
    installs = int(10 ** min(8.0, chance.expovariate(0.5)))
    rated = min(installs // 20, 2_000)
    shares = [chance.random() ** 2, chance.random() ** 2, chance.random(), 2 * chance.random(), 4 * chance.random()]
    stars = [int(rated * share / sum(shares)) for share in shares]
    batch.stats.append(StatsRow(extension_id=id, tenant_id=seller.tenant.id, installs=installs, stars=stars))
    batch.shown.append(ShownRow(extension_id=id, version_id=version_id))
