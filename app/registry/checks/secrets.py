"""No secret was packed by mistake.

A secret is known by its form (a prefix, a length, a checksum where it has one): that is an error. What is only called a secret
and looks random is a warning. What is found is told by kind and place, never quoted.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

from app.registry.access import tokens
from app.registry.checks.base import DEFINITION, EVERYTHING, Check, Look
from app.registry.checks.scanning import Kind, Scan
from app.registry.packages.archive import Entry
from schemas.model.checks import Area, Finding, Mode, Severity

_REVOKE = "take it out, revoke it where it is valid, and pack again"
_LARGEST_TEXT = 2 << 20  # in which words like "password" are sought
_TEXTS = (
    ".env", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".xml", ".config", ".txt", ".md",
    ".js", ".cjs", ".mjs", ".ts", ".py", ".rb", ".php", ".sh", ".bash", ".ps1", ".bat", ".cmd", ".java", ".kt", ".go", ".rs",
    ".cs", DEFINITION,
)  # fmt: skip
_LEAST_BITS = 4.0
"""Of a character: English words have some 3.5, random letters and digits 4.3 and more from 20 characters on."""


def _words(*prefixes: bytes, rest: bytes) -> tuple[tuple[bytes, re.Pattern[bytes]], ...]:
    """Patterns of words that begin with one of the prefixes and are no part of a longer word."""
    word = b"%s(?<![0-9A-Za-z_]%s)%s(?![0-9A-Za-z_])"
    return tuple((prefix, re.compile(word % (prefix, prefix, rest))) for prefix in prefixes)


# Programs have the first line alone in them, so what follows counts: perhaps headers, then the key. In a string of source text
# the line ends are written \n, or each line is a string of its own.
_PRIVATE_KEY = (
    rb"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:[A-Za-z][A-Za-z-]{1,20}: [^\r\n\\]{0,200}(?=[\r\n\\])|\\[nr]|[\s\"'`+,]{1,40}+){0,12}+[A-Za-z0-9+/]{40}"
)
_AZURE_TOKEN = rb"AZDO(?<=[0-9A-Za-z]{76}AZDO)(?<![0-9A-Za-z]{77}AZDO)[0-9A-Za-z]{4}(?![0-9A-Za-z])"
_MARKETPLACE_TOKEN = (
    rb"_PAT(?:(?<=VSCE_PAT)|(?<=OVSX_PAT)|(?<=AZURE_DEVOPS_PAT)|(?<=AZURE_DEVOPS_EXT_PAT))[\"']?\s{0,8}[:=]\s{0,8}[\"']?"
    rb"(?:[0-9A-Za-z]{84}|[a-z2-7]{52}|(?:ovsxp_|ovsxat_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9A-Za-z])"
)
_CALLED_SECRET = (
    b"ecret", b"ECRET", b"assword", b"ASSWORD", b"asswd", b"oken", b"OKEN", b"pi_key", b"piKey", b"PI_KEY", b"PIKEY",
    b"ccess_key", b"ccessKey", b"CCESS_KEY",
)  # fmt: skip
"""Without their first letters, which are large or small."""
_VALUE = (
    rb"[0-9A-Za-z_]{0,24}[\"']?[ \t]{0,8}(?:=>|[:=])[ \t]{0,8}[\"']?"
    rb"(?P<value>[0-9A-Za-z+/_.=-]{20,200})(?![0-9A-Za-z+/_.=-])"
)  # fmt: skip


def _is_random(match: re.Match[bytes]) -> bool:
    """Whether a value looks like nothing that anybody would think of: letters and digits, and hardly one oftener than others."""
    value = match["value"]
    has_both = any(48 <= each <= 57 for each in value) and any(chr(each).isalpha() for each in value)
    counts = Counter(value).values()
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
    return has_both and bits >= _LEAST_BITS


_BY_FORM = (
    Kind("secret.private-key", "a private key", _REVOKE, ((b"PRIVATE KEY", re.compile(_PRIVATE_KEY)),)),
    Kind(
        "secret.publisher-token",
        "a publisher token of this registry",
        _REVOKE,
        _words(b"pp_pub_", rest=b"[0-9A-Za-z]{46}"),
        is_real=lambda found: tokens.is_publisher_token(found[0].decode("ascii")),
    ),
    Kind(
        "secret.user-token",
        "a token of a user of this registry",
        _REVOKE,
        _words(b"ppt_", rest=b"[0-9A-Za-z_-]{43}(?!-)"),
    ),
    Kind(
        "secret.aws-key",
        "an access key of AWS",
        _REVOKE,
        _words(b"AKIA", b"ASIA", rest=b"[A-Z2-7]{16}"),
        is_real=lambda found: not found[0].endswith(b"EXAMPLE"),  # those of its documentation
    ),
    Kind(
        "secret.github-token",
        "a token of GitHub",
        _REVOKE,
        _words(b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", rest=b"[0-9A-Za-z]{36,251}")
        + _words(b"github_pat_", rest=b"[0-9A-Za-z]{22}_[0-9A-Za-z]{59}"),
    ),
    Kind("secret.gitlab-token", "a token of GitLab", _REVOKE, _words(b"glpat-", rest=b"[0-9A-Za-z_-]{20}(?!-)")),
    Kind("secret.npm-token", "a token of npm", _REVOKE, _words(b"npm_", rest=b"[0-9A-Za-z]{36}")),
    Kind(
        "secret.pypi-token",
        "a token of PyPI",
        _REVOKE,
        _words(b"pypi-AgEIcHlwaS5vcmc", rest=b"[0-9A-Za-z_-]{50,500}(?!-)"),
    ),
    Kind(
        "secret.azure-devops-token",
        "a personal access token of Azure DevOps",
        _REVOKE,
        ((b"AZDO", re.compile(_AZURE_TOKEN)),),
    ),
    Kind(
        "secret.marketplace-token",
        "a personal access token of a marketplace",
        _REVOKE,
        ((b"_PAT", re.compile(_MARKETPLACE_TOKEN)),),
    ),
    Kind(
        "secret.slack-token",
        "a token of Slack",
        _REVOKE,
        _words(b"xox", rest=b"[abeoprs]-[0-9]{8,20}-[0-9A-Za-z-]{16,250}"),
    ),
    Kind("secret.google-key", "an API key of Google", _REVOKE, _words(b"AIza", rest=b"[0-9A-Za-z_-]{35}(?!-)")),
    Kind(
        "secret.stripe-key",
        "a live key of Stripe",
        _REVOKE,
        _words(b"sk_live_", b"rk_live_", rest=b"[0-9A-Za-z]{24,99}"),
    ),
)
_BY_NAME = Kind(
    "secret.high-entropy",
    "something that is called a secret and looks random",
    "make sure that it is none; if it is, " + _REVOKE,
    tuple((word, re.compile(word + _VALUE)) for word in _CALLED_SECRET),
    is_real=_is_random,
    severity=Severity.WARNING,
)


def kinds_for(entry: Entry) -> Sequence[Kind]:
    """What is sought in a file."""
    is_text = entry.size <= _LARGEST_TEXT and entry.name.lower().endswith(_TEXTS)
    return (*_BY_FORM, _BY_NAME) if is_text else _BY_FORM


class _Secrets(Look):
    def __init__(self) -> None:
        scan = Scan(kinds_for)
        self.see = scan.see  # type: ignore[method-assign]
        self._scan = scan

    def end(self) -> Sequence[Finding]:
        return self._scan.found


CHECK = Check(
    name="secrets",
    area=Area.SECURITY,
    kinds=EVERYTHING,
    mode=Mode.BLOCK,
    begin=lambda _: _Secrets(),
    looks_inside=True,
)
