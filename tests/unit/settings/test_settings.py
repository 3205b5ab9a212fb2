"""Settings: one table, and one sentence for what cannot be used."""

import re
from pathlib import Path

import pytest

from app.settings import SETTINGS, SettingRefused, Settings, read_settings
from app.wiring import sealing_key

SECRET = "geheim"


def test_the_table_and_the_settings_have_the_same_names() -> None:
    assert sorted(row.field for row in SETTINGS) == sorted(Settings.__struct_fields__)


def test_every_setting_is_explained() -> None:
    assert [row.name for row in SETTINGS if not row.meaning.endswith(".")] == []


def test_without_any_everything_lies_in_the_data_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    settings = read_settings({})

    assert settings.data_dir == tmp_path / "plugport-data"
    assert settings.storage_url == f"file://{tmp_path}/plugport-data/blobs"
    assert settings.database_url == ""
    assert settings.base_url == "http://127.0.0.1:8000"


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert read_settings({"PLUGPORT_PORT": ""}).port == 8000


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "http://0.0.0.0:81"), ("::1", "http://[::1]:81"), ("example.com", "http://example.com:81")],
)
def test_the_public_address_follows_host_and_port(host: str, address: str) -> None:
    assert read_settings({"PLUGPORT_HOST": host, "PLUGPORT_PORT": "81"}).base_url == address


def test_a_public_address_of_ones_own_loses_its_last_slash() -> None:
    assert (
        read_settings({"PLUGPORT_BASE_URL": "https://plugins.example.com/"}).base_url == "https://plugins.example.com"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLUGPORT_PORT", "0"),
        ("PLUGPORT_PORT", "65536"),
        ("PLUGPORT_PORT", "80 "),
        ("PLUGPORT_PORT", "eighty"),
        ("PLUGPORT_PORT", "９"),
        ("PLUGPORT_WORKERS", "-1"),
        ("PLUGPORT_TOKEN_HOURS", "0"),
        ("PLUGPORT_LOG_FORMAT", "xml"),
        ("PLUGPORT_LOG_LEVEL", "loud"),
        ("PLUGPORT_ALL_VERSION_FORM", "list"),
        ("PLUGPORT_DATABASE_URL", f"mysql://u:{SECRET}@h/d"),
        ("PLUGPORT_DATABASE_OWNER_URL", f"mysql://u:{SECRET}@h/d"),
        ("PLUGPORT_STORAGE_URL", f"ftp://u:{SECRET}@h/d"),
        ("PLUGPORT_BASE_URL", "example.com"),
        ("PLUGPORT_BASE_URL", "http://example.com?a=1"),
        ("PLUGPORT_BASE_URL", "http://["),
        ("PLUGPORT_SECRET_KEY", SECRET),
        ("PLUGPORT_MAX_JSON_BYTES", "9" * 5000),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name_and_never_shown(name: str, value: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        read_settings({name: value})

    assert re.fullmatch(rf"{name} .*\.", str(refused.value))
    assert SECRET not in str(refused.value)


def test_an_unknown_name_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(SettingRefused, match=r"PLUGPORT_DATBASE_URL is not a setting; PLUGPORT_DATABASE_URL is\."):
        read_settings({"PLUGPORT_DATBASE_URL": "", "PATH": "/bin"})


def test_secrets_are_never_shown() -> None:
    settings = read_settings(
        {
            "PLUGPORT_DATABASE_URL": f"postgresql://u:{SECRET}@h/d",
            "PLUGPORT_STORAGE_URL": f"s3://k:{SECRET}@h/b",
            "PLUGPORT_SECRET_KEY": "ab" * 32,
        }
    )
    assert SECRET not in repr(settings)
    assert "abab" not in repr(settings)


def test_a_worker_gets_the_same_settings_through_its_environment() -> None:
    settings = read_settings({"PLUGPORT_PORT": "81", "PLUGPORT_LOG_FORMAT": "json", "PLUGPORT_SECRET_KEY": "AB" * 32})
    assert read_settings(settings.environment()) == settings


class TestTheSealingKey:
    """What seals access keys' secrets."""

    def test_is_made_once_and_found_again(self, tmp_path: Path) -> None:
        settings = read_settings({"PLUGPORT_DATA_DIR": str(tmp_path)})

        made = sealing_key(settings)

        assert len(made) == 32
        assert sealing_key(settings) == made
        assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]
        assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600

    def test_is_the_setting_where_there_is_one(self, tmp_path: Path) -> None:
        settings = read_settings({"PLUGPORT_DATA_DIR": str(tmp_path), "PLUGPORT_SECRET_KEY": "ab" * 32})

        assert sealing_key(settings) == b"\xab" * 32
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("content", ["", "abc", "ab" * 31, "xy" * 32])
    def test_is_not_replaced_when_its_file_is_damaged(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "secret.key").write_text(content)

        with pytest.raises(SettingRefused, match=r"secret\.key does not hold 64 hexadecimal digits"):
            sealing_key(read_settings({"PLUGPORT_DATA_DIR": str(tmp_path)}))

        assert (tmp_path / "secret.key").read_text() == content
