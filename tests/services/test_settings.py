from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from gis.errors import LandmapError
from services.settings import Settings, read_settings


def test_without_variables_the_repository_itself_is_the_place() -> None:
    settings = read_settings({})
    root = Path(__file__).resolve().parents[2]
    assert settings.home == root / ".landmap"
    assert settings.layers == root / "layers"
    assert (settings.host, settings.port, settings.territory) == ("127.0.0.1", 8080, "hcmc")
    assert settings.database_url is None


def test_variables_are_read_and_typed() -> None:
    settings = read_settings(
        {
            "LANDMAP_PORT": "9090",
            "LANDMAP_PUBLIC_URL": "https://land.example.vn/dat/",
            "LANDMAP_TRUSTED_PROXIES": "10.0.0.0/8, ::1/128",
            "LANDMAP_DATABASE_URL": "postgresql://u:secret@db/land",
            "HOME": "/somewhere/else",
        }
    )
    assert settings.port == 9090
    assert settings.public_url == "https://land.example.vn/dat"
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://u:secret@db/land"


def test_the_password_is_not_shown() -> None:
    settings = read_settings({"LANDMAP_DATABASE_URL": "postgresql://u:secret@db/land"})
    assert "secret" not in repr(settings)


def test_an_empty_variable_counts_as_absent() -> None:
    assert read_settings({"LANDMAP_PORT": "", "LANDMAP_DATABASE_URL": ""}) == read_settings({})


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({"LANDMAP_HOME": "data"}).home == tmp_path / "data"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("LANDMAP_PROT", "LANDMAP_PORT"), ("LANDMAP_DB_URL", "LANDMAP_DATABASE_URL"), ("LANDMAP_port", "LANDMAP_PORT")],
)
def test_a_misspelt_variable_is_an_error_that_names_the_right_one(wrong: str, right: str) -> None:
    with pytest.raises(LandmapError, match=f"{wrong} is not a setting of Landmap. Did you mean {right}"):
        read_settings({wrong: "1"})


def test_every_wrong_value_is_named_at_once_without_repeating_secrets() -> None:
    with pytest.raises(LandmapError) as raised:
        read_settings(
            {"LANDMAP_PORT": "70000", "LANDMAP_DATABASE_URL": "mysql://u:secret@db/land", "LANDMAP_LOG_LEVEL": "loud"}
        )
    text = raised.value.en
    assert "LANDMAP_PORT:" in text
    assert "LANDMAP_DATABASE_URL:" in text
    assert "LANDMAP_LOG_LEVEL:" in text
    assert "secret" not in text


def test_settings_cannot_be_changed_or_extended() -> None:
    settings = read_settings({})
    with pytest.raises(ValidationError):
        settings.port = 1
    with pytest.raises(ValidationError):
        Settings(prot=1)  # type: ignore[call-arg]


def test_the_language_of_the_command_is_a_setting() -> None:
    assert read_settings({"LANDMAP_LANG": "vi"}).lang == "vi"
    with pytest.raises(LandmapError, match="LANDMAP_LANG"):
        read_settings({"LANDMAP_LANG": "fr"})


def test_every_setting_is_told_to_whoever_operates_it() -> None:
    root = Path(__file__).resolve().parents[2]
    told = "".join((root / name).read_text(encoding="utf-8") for name in ("README.md", "docker/.env.example"))
    named = set(re.findall(r"\bLANDMAP_[A-Z_]+", told))
    assert named >= {f"LANDMAP_{name.upper()}" for name in Settings.model_fields}
    assert named <= {f"LANDMAP_{name.upper()}" for name in Settings.model_fields}
