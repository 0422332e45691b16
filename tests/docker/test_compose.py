"""What docker/ promises, as far as files tell: settings reach the service, the database stays inside, nothing is spare."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gis.store.server_binaries import MAJORS
from gis.store.server_tuning import KEPT_MEMORY
from services.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
OF_THE_IMAGE = {"home", "layers", "host", "database_url", "open_data"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker/compose.yml").read_text(encoding="utf-8"))
    return read


def test_every_setting_reaches_the_service(compose: dict[str, Any]) -> None:
    given = compose["services"]["landmap"]["environment"]
    wanted = {PREFIX + name.upper() for name in Settings.model_fields if name not in OF_THE_IMAGE}
    assert set(given) == {*wanted, f"{PREFIX}DATABASE_URL"}
    for name in wanted:
        assert given[name].startswith(f"${{{name}:-")


def test_the_example_names_exactly_the_variables_that_are_read() -> None:
    read = set(re.findall(r"\$\{(\w+)", (ROOT / "docker/compose.yml").read_text(encoding="utf-8")))
    example = (ROOT / "docker/.env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=$", example, re.MULTILINE)) == read
    assert not re.search(r"^\w+=.", example, re.MULTILINE)  # nobody runs with a password from the repository


def test_the_database_is_reached_by_the_service_only(compose: dict[str, Any]) -> None:
    database, service = compose["services"]["database"], compose["services"]["landmap"]
    assert "ports" not in database
    assert database["networks"] == ["store"]
    assert compose["networks"]["store"] == {"internal": True}
    assert "store" in service["networks"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


@pytest.mark.parametrize("name", ["database", "landmap", "worker"])
def test_a_container_writes_to_its_volumes_only_and_has_no_capability(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert "cap_add" not in service
    assert "privileged" not in service


def test_the_worker_has_the_settings_of_the_service_and_nobody_reaches_it(compose: dict[str, Any]) -> None:
    worker, service = compose["services"]["worker"], compose["services"]["landmap"]
    assert worker["environment"] == service["environment"]
    assert worker["build"] == service["build"]
    assert "ports" not in worker
    assert worker["networks"] == ["default", "store"]


def test_the_database_keeps_its_memory_as_the_embedded_one_does(compose: dict[str, Any]) -> None:
    environment = compose["services"]["database"]["environment"]
    assert set(KEPT_MEMORY) <= {f"{name}={value}" for name, value in environment.items()}


def test_the_image_copies_what_is_there_and_takes_one_postgresql() -> None:
    text = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
    copied = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ") and "--from" not in line]
    assert copied
    for source in (source for line in copied for source in line):
        assert (ROOT / source).exists(), source
    (major,) = re.findall(r"^FROM postgres:(\d+)-", text, re.MULTILINE)
    assert f"postgresql-{major}-postgis-3" in text
    assert int(major) in MAJORS
