"""Every setting: its name, its default, its meaning. Settings come from the environment and from nowhere else."""

import difflib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from schemas.base import Entity

PREFIX = "PLUGPORT_"


class SettingRefused(Exception):
    """A setting is not one, or its value cannot be used. The text names it and never shows the value of a secret."""


class Setting(Entity, frozen=True):
    """One row of the table. `default` is the text that stands for an unset or empty variable."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any]
    secret: bool = False

    @property
    def field(self) -> str:
        """The attribute of `Settings`."""
        return self.name.removeprefix(PREFIX).lower()


def _text(text: str) -> str:
    return text


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,18}", text) is None or not least <= int(text) <= most:
            raise ValueError(f"takes a whole number from {least} to {most}")
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"is one of {', '.join(words)}")
        return text

    return read


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _database_url(text: str) -> str:
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("begins with postgresql://")
    return text


def _storage_url(text: str) -> str:
    if text and not text.startswith(("file:///", "s3://")):
        raise ValueError("begins with file:/// or s3://")
    return text


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment):
        raise ValueError("is an http:// or https:// address without query")
    return text.rstrip("/")


def _secret_key(text: str) -> str:
    if text and re.fullmatch(r"[0-9a-fA-F]{64}", text) is None:
        raise ValueError("has 64 hexadecimal digits")
    return text.lower()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="PLUGPORT_DATABASE_URL",
        default="",
        meaning="postgresql:// URL of the database. Empty: a PostgreSQL of our own in the data directory.",
        read=_database_url,
        secret=True,
    ),
    Setting(
        name="PLUGPORT_DATABASE_OWNER_URL",
        default="",
        meaning="The database as its owner, for `migrate` and the operator commands, where PLUGPORT_DATABASE_URL is a "
        "login that owns nothing. Empty: PLUGPORT_DATABASE_URL.",
        read=_database_url,
        secret=True,
    ),
    Setting(
        name="PLUGPORT_DATABASE_POOL",
        default="10",
        meaning="Database connections of each worker, 2 to 1000.",
        read=_number(2, 1000),
    ),
    Setting(
        name="PLUGPORT_STORAGE_URL",
        default="",
        meaning="Where bytes are kept: file:///path, or s3://key:secret@host:port/bucket?region=..&secure=false. "
        "Empty: the directory `blobs` in the data directory.",
        read=_storage_url,
        secret=True,
    ),
    Setting(
        name="PLUGPORT_DATA_DIR",
        default="plugport-data",
        meaning="The directory of everything that no other setting puts elsewhere.",
        read=_path,
    ),
    Setting(
        name="PLUGPORT_HOST",
        default="127.0.0.1",
        meaning="The address to listen on.",
        read=_text,
    ),
    Setting(
        name="PLUGPORT_PORT",
        default="8000",
        meaning="The port to listen on, 1 to 65535.",
        read=_number(1, 65_535),
    ),
    Setting(
        name="PLUGPORT_WORKERS",
        default="1",
        meaning="Server processes, 1 to 64.",
        read=_number(1, 64),
    ),
    Setting(
        name="PLUGPORT_BASE_URL",
        default="",
        meaning="The public address, used in links and in the tokens' catalogue. Empty: http://HOST:PORT.",
        read=_base_url,
    ),
    Setting(
        name="PLUGPORT_REGION",
        default="local",
        meaning="The name of the region in the tokens' catalogue.",
        read=_text,
    ),
    Setting(
        name="PLUGPORT_SECRET_KEY",
        default="",
        meaning="64 hexadecimal digits that seal the secrets of access keys; the same on every machine. "
        "Empty: made once and kept in `secret.key` in the data directory.",
        read=_secret_key,
        secret=True,
    ),
    Setting(
        name="PLUGPORT_TOKEN_HOURS",
        default="24",
        meaning="How long a token lives, 1 to 8760 hours.",
        read=_number(1, 8760),
    ),
    Setting(
        name="PLUGPORT_ALL_VERSION_FORM",
        default="array",
        meaning="What all-version answers: `array` (the bare list of the printed example) or `object` (with total, offset "
        "and limit, which the official SDK reads).",
        read=_one_of("array", "object"),
    ),
    Setting(
        name="PLUGPORT_MAX_PACKAGE_BYTES",
        default=str(2 * 1024**3),
        meaning="The largest package taken, in bytes.",
        read=_number(1024, 1024**4),
    ),
    Setting(
        name="PLUGPORT_MAX_OPEN_UPLOADS",
        default="100",
        meaning="How many chunked uploads an account may have open at once, 1 to 100000.",
        read=_number(1, 100_000),
    ),
    Setting(
        name="PLUGPORT_MAX_STAGED_BYTES",
        default=str(20 * 1024**3),
        meaning="How many bytes an account's open uploads may announce together.",
        read=_number(1024, 1024**5),
    ),
    Setting(
        name="PLUGPORT_UPLOAD_HOURS",
        default="24",
        meaning="After how many hours without a new chunk an upload is given up, 1 to 8760.",
        read=_number(1, 8760),
    ),
    Setting(
        name="PLUGPORT_DOWNLOAD_REDIRECT",
        default="off",
        meaning="`on`: packages that lie in S3 are downloaded from there, by an address that works for a minute. What the store "
        "sends is not checked on its way.",
        read=_one_of("off", "on"),
    ),
    Setting(
        name="PLUGPORT_CHECKS",
        default="",
        meaning="What holds of single checks, where the defaults do not suit: `readme=block names=off`. `off`: not done; "
        "`advise`: done and told; `block`: nothing is released without its pass; `hold`: the same, but where it could not be "
        "done, a person has to see to it.",
        read=_text,
    ),
    Setting(
        name="PLUGPORT_CLAMD",
        default="",
        meaning="Where the clamd of ClamAV listens: unix:/path/of/the/socket or host:port. Empty: no package is given to ClamAV.",
        read=_text,
    ),
    Setting(
        name="PLUGPORT_REVIEW_POLICY",
        default="first-release",
        meaning="Which releases a person looks at before they are everybody's: `checks` (those of publishers that are not "
        "accepted yet or ask for it), `first-release` (also the first of each publisher, extension and plug-in, and those that "
        "change what runs, what it may do or needs, or about which a check has a warning) or `always`.",
        read=_one_of("checks", "first-release", "always"),
    ),
    Setting(
        name="PLUGPORT_WEBHOOK_ADDRESSES",
        default="public",
        meaning="Where webhooks may send to: `public` (https, and no private network) or `any`.",
        read=_one_of("public", "any"),
    ),
    Setting(
        name="PLUGPORT_MAX_JSON_BYTES",
        default=str(2 * 1024**2),
        meaning="The largest JSON body taken, in bytes.",
        read=_number(1024, 12 * 1024**2),
    ),
    Setting(
        name="PLUGPORT_BODY_TIMEOUT_SECONDS",
        default="30",
        meaning="The longest silence in a request body, in seconds. A whole body has four times that, and a second for each KiB. "
        "An answer of which a client takes nothing for as long is given up.",
        read=_number(1, 3600),
    ),
    Setting(
        name="PLUGPORT_JOBS",
        default="serve",
        meaning="Who does work that nobody waits for: `serve` (the server itself) or `off` (others only: `plugport work`).",
        read=_one_of("serve", "off"),
    ),
    Setting(
        name="PLUGPORT_JOBS_AT_ONCE",
        default="2",
        meaning="How many jobs each process runs at once, 1 to 64.",
        read=_number(1, 64),
    ),
    Setting(
        name="PLUGPORT_LOG_FORMAT",
        default="text",
        meaning="`text` for people or `json` for machines, one line each on the standard error output.",
        read=_one_of("text", "json"),
    ),
    Setting(
        name="PLUGPORT_LOG_LEVEL",
        default="info",
        meaning="The least that is logged: debug, info, warning or error.",
        read=_one_of("debug", "info", "warning", "error"),
    ),
)


class Settings(Entity, frozen=True):
    """The settings as one value. An empty `database_url` stands for the embedded PostgreSQL."""

    database_url: str
    database_owner_url: str
    database_pool: int
    storage_url: str
    data_dir: Path
    host: str
    port: int
    workers: int
    base_url: str
    region: str
    secret_key: str
    token_hours: int
    all_version_form: Literal["array", "object"]
    max_package_bytes: int
    max_open_uploads: int
    max_staged_bytes: int
    upload_hours: int
    download_redirect: Literal["off", "on"]
    checks: str
    clamd: str
    review_policy: Literal["checks", "first-release", "always"]
    webhook_addresses: Literal["public", "any"]
    max_json_bytes: int
    body_timeout_seconds: int
    jobs: Literal["serve", "off"]
    jobs_at_once: int
    log_format: Literal["text", "json"]
    log_level: Literal["debug", "info", "warning", "error"]

    def __repr__(self) -> str:
        """Everything but the secrets."""
        shown = (f"{row.field}={getattr(self, row.field)!r}" for row in SETTINGS if not row.secret)
        return f"Settings({', '.join(shown)})"

    def environment(self) -> dict[str, str]:
        """The variables from which `read_settings` makes an equal value."""
        return {row.name: str(getattr(self, row.field)) for row in SETTINGS}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that the variables say. Raises `SettingRefused` for the first that cannot be used."""
    names = [row.name for row in SETTINGS]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise SettingRefused(f"{name} is not a setting" + (f"; {near[0]} is." if near else "."))
    values: dict[str, Any] = {}
    for row in SETTINGS:
        try:
            values[row.field] = row.read(environment.get(row.name) or row.default)
        except ValueError as error:
            raise SettingRefused(f"{row.name} {error}.") from error
    host = f"[{values['host']}]" if ":" in values["host"] else values["host"]
    values["base_url"] = values["base_url"] or f"http://{host}:{values['port']}"
    values["storage_url"] = values["storage_url"] or (values["data_dir"] / "blobs").as_uri()
    return Settings(**values)
