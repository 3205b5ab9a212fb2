"""The plug-ins of the demonstration catalogue: made from lists of words, the same ones each time.

Tools, what they do and where make basic plug-ins (`maven-package-linux-arm64`); flows, languages and places make composite
ones (`java-nightly-harmonyos`), whose steps run basic plug-ins that came before. When such names run out, teams are added.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from math import prod
from typing import Any

import msgspec

from app.registry.plugins import versions
from schemas.base import Entity
from schemas.ids import new_id
from schemas.model.access import Tenant, User
from schemas.model.packages import (
    ExtendProp,
    InputDefinition,
    MetricGroup,
    MetricProperty,
    OutputDefinition,
    Validation,
)
from schemas.model.plugins import Attribution, Composition, PluginFacts, VersionState
from storage.postgres.demo import PluginRow, UseRow, VersionRow

_TOOLS: dict[str, tuple[str, ...]] = {
    "Build": (
        "Maven", "Gradle", "Ant", "npm", "pnpm", "Yarn", "Poetry", "uv", "Cargo", "Go", "CMake", "Bazel", "MSBuild",
        "Docker", "Buildah", "Kaniko", "Webpack", "Vite", "Xcode", "Hvigor",
    ),
    "Gate": (
        "SonarQube", "CodeArts-Check", "Trivy", "Grype", "Semgrep", "CodeQL", "Checkstyle", "SpotBugs", "ESLint",
        "Ruff", "Gitleaks", "License-Finder",
    ),
    "Deploy": (
        "Helm", "Kubectl", "Kustomize", "Argo-CD", "Terraform", "OpenTofu", "Ansible", "Pulumi", "Nomad", "Serverless",
        "ServiceStage", "CodeArts-Deploy", "Rsync", "Flyway",
    ),
    "Test": (
        "JUnit", "TestNG", "pytest", "Jest", "Vitest", "Cypress", "Playwright", "Selenium", "JMeter", "k6", "Locust",
        "Newman", "Appium", "CodeArts-TestPlan",
    ),
    "Normal": ("Git", "Jira", "WeLink", "DingTalk", "WeCom", "Lark", "Slack", "Email", "Webhook", "Vault"),
}  # fmt: skip
_ACTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "Build": (("build", "构建"), ("package", "打包"), ("publish", "制品发布")),
    "Gate": (("scan", "扫描"), ("gate", "质量门禁"), ("report", "检查报告")),
    "Deploy": (("deploy", "部署"), ("rollback", "回滚"), ("plan", "变更预览")),
    "Test": (("test", "测试"), ("smoke-test", "冒烟测试"), ("load-test", "压力测试")),
    "Normal": (("notify", "通知"), ("sync", "同步"), ("approve", "审批")),
}
_PLACES: tuple[tuple[str, str], ...] = (
    ("huaweicloud", "华为云"), ("huaweicloud-cce", "华为云 CCE"), ("huaweicloud-cci", "华为云 CCI"),
    ("aliyun", "阿里云"), ("aliyun-ack", "阿里云 ACK"), ("tencentcloud", "腾讯云"), ("tencentcloud-tke", "腾讯云 TKE"),
    ("aws", "AWS"), ("aws-eks", "AWS EKS"), ("aws-lambda", "AWS Lambda"), ("azure", "Azure"), ("azure-aks", "Azure AKS"),
    ("gcp", "谷歌云"), ("gcp-gke", "谷歌云 GKE"), ("baidu-cloud", "百度智能云"), ("ctyun", "天翼云"),
    ("kubernetes", "Kubernetes"), ("openshift", "OpenShift"), ("openstack", "OpenStack"), ("vmware", "VMware"),
    ("linux-x86", "Linux x86"), ("linux-arm64", "Linux ARM64"), ("openeuler", "欧拉"), ("kylin", "麒麟"),
    ("windows", "Windows"), ("macos", "macOS"), ("android", "安卓"), ("ios", "iOS"), ("harmonyos", "鸿蒙"),
    ("mysql", "MySQL"), ("postgresql", "PostgreSQL"), ("gaussdb", "GaussDB"), ("redis", "Redis"), ("kafka", "Kafka"),
    ("nginx", "Nginx"), ("edge", "边缘节点"), ("on-premises", "本地机房"), ("staging", "预发环境"),
    ("production", "生产环境"), ("sandbox", "沙箱环境"),
)  # fmt: skip
_FLOWS: tuple[tuple[str, str], ...] = (
    ("release", "发布流程"), ("nightly", "夜间流程"), ("hotfix", "热修复流程"), ("canary", "灰度流程"),
    ("pull-request", "合并检查流程"), ("blue-green", "蓝绿发布流程"), ("regression", "回归流程"),
    ("compliance", "合规流程"), ("disaster-drill", "容灾演练流程"), ("onboarding", "接入流程"),
)  # fmt: skip
_LANGUAGES = (
    "Java", "Kotlin", "Scala", "Python", "Go", "Rust", "C", "CPP", "CSharp", "TypeScript", "JavaScript", "PHP", "Ruby",
    "Swift", "ArkTS", "Dart",
)  # fmt: skip
_TEAMS: tuple[tuple[str, str], ...] = (
    ("payments", "支付"), ("orders", "订单"), ("inventory", "库存"), ("logistics", "物流"), ("search", "搜索"),
    ("billing", "计费"), ("identity", "身份"), ("messaging", "消息"), ("risk", "风控"), ("insurance", "保险"),
    ("lending", "信贷"), ("retail", "零售"), ("maps", "地图"), ("video", "视频"), ("music", "音乐"), ("games", "游戏"),
    ("health", "医疗"), ("travel", "出行"), ("energy", "能源"), ("factory", "制造"), ("telecom", "通信"),
    ("campus", "园区"), ("metering", "计量"), ("archive", "档案"),
)  # fmt: skip

_RELEASES = (("1.0.0",), ("1.0.0", "1.1.0"), ("1.0.0", "1.2.0", "2.0.0"), ("0.9.0", "1.0.0"), ("2.3.4", "2.3.5"),
             ("3.0.0-rc.1", "3.0.0"), ("1.9.0", "1.10.0", "1.10.1"))  # fmt: skip
_DRAFT = "0.1.0"
_PERIOD = timedelta(days=700)  # over which the catalogue seems to have grown
_STEP = 1_000_003  # a prime: walks through every combination of words, neighbours far apart
_LONGEST = 50  # characters of a name, as surfaces take them
_POPULAR = 400  # basic plug-ins of each tenant that composite ones are made of


class Publishing(Entity, frozen=True):
    """Who makes plug-ins of one kind: a tenant's people, as which class, under which publishers."""

    tenant: Tenant
    authors: list[User]
    attribution: Attribution
    publisher_ids: list[str] = []
    is_private: bool = False


class Makers(Entity, frozen=True):
    """Everybody who makes plug-ins of the catalogue, and how many of each hundred are theirs."""

    shares: list[tuple[Publishing, int]]

    def of(self, number: int) -> Publishing:
        """Who makes the plug-in of that number. Any run of a hundred numbers has each share exactly."""
        place = number * 37 % 100
        for publishing, share in self.shares:
            if place < share:
                return publishing
            place -= share
        raise ValueError("the shares add up to less than 100")


class Batch(Entity, frozen=True):
    """Plug-ins that are loaded together, with everything of theirs."""

    plugins: list[PluginRow] = []
    versions: list[VersionRow] = []
    uses: list[UseRow] = []


class _Words(Entity, frozen=True):
    """What a plug-in is about."""

    name: str
    display_name: str
    description: str
    business_type: str
    tool: str


def batches(makers: Makers, wanted: int, taken: set[str], until: datetime, *, size: int) -> Iterator[Batch]:
    """`wanted` plug-ins in batches of at most `size`, none of them called as in `taken`, the latest changed at `until`."""
    chance = random.Random(len(taken))  # noqa: S311 - a catalogue is no secret; the same one each time is easier to talk of
    basic, composite = _unused(_basic_words, taken), _unused(_composite_words, taken)
    popular: dict[str, list[PluginRow]] = {}
    batch = Batch()
    for number in range(wanted):
        by = makers.of(number)
        changed_at = until - _PERIOD * ((wanted - 1 - number) / wanted)
        usable = [*popular.get(by.tenant.id, []), *popular.get("", [])]
        kind = number * 17 % 20  # of twenty: three composite, one not released, sixteen basic
        if kind < 3 and len(usable) > 3:
            _add_composite(batch, by, next(composite), changed_at, chance, usable)
        elif kind == 3 and by.attribution is Attribution.CUSTOM:
            _add_unreleased(batch, by, next(basic), changed_at, chance)
        else:
            made = _add_basic(batch, by, next(basic), changed_at, chance)
            pool = popular.setdefault("" if by.attribution is not Attribution.CUSTOM else by.tenant.id, [])
            if len(pool) < _POPULAR and not made.is_private:
                pool.append(made)
        if len(batch.plugins) == size:
            yield batch
            batch = Batch()
    if batch.plugins:
        yield batch


# -- words -----------------------------------------------------------------------------------------------------------


def _unused(words: Callable[[int], _Words], taken: set[str]) -> Iterator[_Words]:
    number = 0
    while True:
        made = words(number)
        number += 1
        if made.name not in taken and max(len(made.name), len(made.display_name)) <= _LONGEST:
            yield made


def _basic_words(number: int) -> _Words:
    tools = [(business_type, tool) for business_type, names in _TOOLS.items() for tool in names]
    (business_type, tool), action, (place, place_zh), (team, team_zh) = _combination(number, tools, range(3), _PLACES)
    verb, verb_zh = _ACTIONS[business_type][action]
    title = f"{tool} {verb.replace('-', ' ').title()} on {_title(place)}"
    title_zh = f"{team_zh}{place_zh} {tool} {verb_zh}"
    return _Words(
        name=_joined(team, tool.lower(), verb, place),
        display_name=title_zh if number % 2 else f"{team.title()} {title}".strip(),
        description=f"在{place_zh}上运行 {tool} {verb_zh}。"
        if number % 2
        else f"Runs {tool} to {verb} on {_title(place)}.",
        business_type=business_type,
        tool=tool,
    )


def _composite_words(number: int) -> _Words:
    (flow, flow_zh), language, (place, place_zh), (team, team_zh) = _combination(number, _FLOWS, _LANGUAGES, _PLACES)
    title = f"{language} {flow.replace('-', ' ').title()} Flow for {_title(place)}"
    title_zh = f"{team_zh}{language} {place_zh}{flow_zh}"
    return _Words(
        name=_joined(team, language.lower(), flow, place),
        display_name=title_zh if number % 2 else f"{team.title()} {title}".strip(),
        description=f"{place_zh}上 {language} 服务的{flow_zh}。" if number % 2 else
        f"Everything that the {flow} of a {language} service on {_title(place)} takes.",
        business_type=("Normal", "Deploy", "Build", "Test", "Gate")[number % 5],
        tool=language,
    )  # fmt: skip


def _combination(number: int, *lists: Any) -> list[Any]:
    """The combination of that number, one of each list and a team: first without a team, later with each."""
    size = prod(len(each) for each in lists)
    round_, place = divmod(number, size)
    if round_ > len(_TEAMS):
        raise ValueError("there are no more words for plug-ins")
    place = place * _STEP % size
    chosen = []
    for each in lists:
        place, index = divmod(place, len(each))
        chosen.append(each[index])
    return [*chosen, _TEAMS[round_ - 1] if round_ else ("", "")]


def _joined(*words: str) -> str:
    return "-".join(word for word in words if word)


def _title(place: str) -> str:
    return place.replace("-", " ").title()


# -- plug-ins --------------------------------------------------------------------------------------------------------


def _add_basic(batch: Batch, by: Publishing, words: _Words, changed_at: datetime, chance: random.Random) -> PluginRow:
    content = _content(words.business_type, words.tool)
    return _add(batch, by, words, Composition.SINGLE, changed_at, chance, chance.choice(_RELEASES), content)


def _add_unreleased(batch: Batch, by: Publishing, words: _Words, changed_at: datetime, chance: random.Random) -> None:
    """One that was only announced, or one with a draft."""
    content = _content(words.business_type, words.tool)
    numbers = chance.choice(((), (_DRAFT,)))
    _add(batch, by, words, Composition.SINGLE, changed_at, chance, numbers, content, VersionState.DRAFT)


def _add_composite(
    batch: Batch,
    by: Publishing,
    words: _Words,
    changed_at: datetime,
    chance: random.Random,
    usable: list[PluginRow],
) -> None:
    used = {each.name: each for each in chance.choices(usable, k=chance.randint(2, 4))}
    steps = [{"name": each.display_name, "task": name, "variables": {}} for name, each in used.items()]
    content = {**_content("Normal", words.tool), "execution": _json({"execution_type": "COMPOSITE", "steps": steps})}
    before = len(batch.versions)
    plugin = _add(batch, by, words, Composition.MULTI, changed_at, chance, chance.choice(_RELEASES), content)
    batch.uses.extend(
        UseRow(version_id=version.id, plugin_id=plugin.id, tenant_id=plugin.tenant_id, used_name=name,
               used_plugin_id=each.id)
        for version in batch.versions[before:] for name, each in used.items()
    )  # fmt: skip


def _add(
    batch: Batch,
    by: Publishing,
    words: _Words,
    composition: Composition,
    changed_at: datetime,
    chance: random.Random,
    numbers: tuple[str, ...],
    content: dict[str, str],
    state: VersionState = VersionState.FORMAL,
) -> PluginRow:
    """Adds a plug-in with versions of these numbers, the last of which is the current one."""
    creator, editor = chance.choice(by.authors), chance.choice(by.authors)
    version_ids = [new_id() for _ in numbers]
    is_offered = state is VersionState.FORMAL and by.attribution is not Attribution.CUSTOM and not by.is_private
    plugin = PluginRow(
        id=new_id(),
        tenant_id=by.tenant.id,
        name=words.name,
        display_name=words.display_name,
        description=words.description,
        business_type=words.business_type,
        runtime_attribution="agentless" if words.business_type == "Gate" else "agent",
        icon_url="",
        is_private=by.is_private,
        region="",
        maintainers=[editor.id] if editor is not creator else [],
        composition=composition,
        attribution=by.attribution,
        publisher_id=chance.choice(by.publisher_ids) if by.publisher_ids else None,
        public_name=by.attribution is not Attribution.CUSTOM,
        creator_id=creator.id,
        created_at=changed_at - timedelta(days=20 * len(numbers)),
        updated_at=changed_at,
        updated_by_id=editor.id,
        updated_by_name=editor.name,
        current_version_id=version_ids[-1] if version_ids else None,
        has_release=bool(numbers) and state is VersionState.FORMAL,
        publishing=by.attribution is Attribution.PUBLISHED,
        public_version_id=version_ids[-1] if version_ids and is_offered else None,
        served=bool(version_ids) and is_offered,
    )
    batch.plugins.append(plugin)
    for age, (id, number) in enumerate(zip(reversed(version_ids), reversed(numbers), strict=True)):
        made_at = changed_at - timedelta(days=20 * age)
        batch.versions.append(
            VersionRow(
                id=id,
                plugin_id=plugin.id,
                tenant_id=plugin.tenant_id,
                version=number,
                precedence=_precedence(number),
                state=state,
                version_description=f"{words.tool} {number}",
                facts=_NO_FACTS,
                manifest_version="3",
                created_at=made_at,
                updated_at=made_at,
                updated_by_id=editor.id,
                updated_by_name=editor.name,
                released_at=made_at if state is VersionState.FORMAL else None,
                offer="listed" if is_offered else "none",
                **content,
            )
        )
    return plugin


@cache
def _precedence(number: str) -> bytes:
    return versions.precedence(versions.parse("version", number))


@cache
def _content(business_type: str, tool: str) -> dict[str, str]:
    """What a version of a basic plug-in declares, as JSON texts: the columns inputs, outputs, metrics, execution."""
    name = tool.upper().replace("-", "_")
    inputs = [
        InputDefinition(
            name=f"{name}_ARGUMENTS",
            type="input",
            label="Arguments",
            description=f"What {tool} is called with",
            default_value="--verbose",
            validation=Validation(
                regex="^[A-Za-z0-9 ._=/-]*$", regex_message="letters, digits and - . _ = /", max_length=200
            ),
            extend_prop=ExtendProp(),
        ),
        InputDefinition(
            name=f"{name}_VERSION",
            type="select",
            label="版本",
            description=f"{tool} 的版本",
            default_value="latest",
            required=True,
            validation=Validation(required_message="请选择版本"),
            extend_prop=ExtendProp(options='[{"label":"latest","value":"latest"},{"label":"LTS","value":"lts"}]'),
        ),
        InputDefinition(
            name="TIMEOUT_MINUTES",
            type="number",
            label="Time limit",
            description="After how many minutes the task is given up",
            default_value="30",
            required=True,
            validation=Validation(regex="^[1-9][0-9]{0,3}$", regex_message="1 to 9999"),
        ),
    ]
    outputs = [OutputDefinition(name="exit_code", description="How it ended")]
    metrics: list[MetricGroup] = []
    if business_type in ("Gate", "Test"):
        outputs.append(OutputDefinition(name="problem", description="Number of problems"))
        key = tool.lower().replace("-", "_")
        metrics = [
            MetricGroup(group_name="Quality", properties=[
                MetricProperty(key=f"{key}.pass_ratio", value="0", desc="Share of passed cases"),
                MetricProperty(key=f"{key}.critical", value="0", desc="Critical problems")]),
        ]  # fmt: skip
    return {
        "inputs": _json(inputs),
        "outputs": _json(outputs),
        "metrics": _json(metrics),
        "execution": _json({"type": "Shell", "target": f"scripts/{tool.lower()}.sh"}),
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_NO_FACTS = _json(PluginFacts())
