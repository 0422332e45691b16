"""`landmap agency | key | role`, as an operator runs them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import shapely

from gis.errors import ConflictError, IngestError, InvalidParameter, NotFound
from gis.model.layer import Catalog
from gis.store import access
from services.auth.credentials import read_credentials
from tests.gis.store.conftest import E0, N0
from tests.services.commands.test_changeset import landmap


def row(dsn: str, query: str, *params: object) -> tuple[object, ...]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(query, params).fetchone()
    assert found is not None
    return tuple(found)


def add() -> None:
    landmap("agency", "add", "so-xd", "--title", "Sở Xây dựng", "--owns", "permits", "--reads", "parcels, zones")


def test_a_key_is_shown_once_and_only_its_digest_is_kept(url: str) -> None:
    add()
    told = landmap("key", "issue", "--agency", "so-xd", "--role", "editor", "--note", "permit system", "--days", "90")
    key = told.output.strip().splitlines()[-1]
    secret = read_credentials({"x-api-key": key})
    assert isinstance(secret, access.Secret)
    state, role, agency, layers, area, owns, reads, restricted = row(
        url, "SELECT * FROM landmap.key_actor(%s, %s)", secret.id, secret.digest
    )
    assert (state, role, agency, layers, area) == ("valid", "editor", "so-xd", None, None)
    assert (owns, reads, restricted) == (["permits"], ["parcels", "permits", "zones"], [])
    listed = landmap("key", "list").output
    assert secret.id in listed and key.rsplit("_", 1)[1] not in listed
    (dump,) = row(
        url,
        "SELECT string_agg(t::text, ' ') FROM (SELECT k::text AS t FROM landmap.api_key k UNION ALL SELECT l::text FROM landmap.audit l) x",
    )
    assert key[15:] not in str(dump)
    landmap("key", "revoke", secret.id)
    assert row(url, "SELECT state FROM landmap.key_actor(%s, %s)", secret.id, secret.digest) == ("revoked",)
    assert "revoked" in landmap("key", "list").output


def test_a_key_can_be_for_some_layers_only(url: str) -> None:
    add()
    told = landmap("key", "issue", "--agency", "so-xd", "--note", "x", "--layers", "parcels")
    secret = read_credentials({"x-api-key": told.output.strip().splitlines()[-1]})
    assert isinstance(secret, access.Secret)
    assert row(url, "SELECT owns, reads FROM landmap.key_actor(%s, %s)", secret.id, secret.digest) == ([], ["parcels"])


def test_an_area_comes_from_wards_or_from_a_file(url: str, tmp_path: Path) -> None:
    add()
    square = [[106.7, 10.77], [106.71, 10.77], [106.71, 10.78], [106.7, 10.78], [106.7, 10.77]]
    polygon = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [square]}}
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [polygon]}))
    landmap("agency", "area", "so-xd", "--file", str(path))
    crs, metres = row(url, "SELECT ST_SRID(area), round(ST_Area(area) / 1e4) FROM landmap.agency")
    assert (crs, metres) == (9210, 121)
    assert "area.geojson" in landmap("agency", "list").output
    landmap("agency", "area", "so-xd", "--everywhere")
    assert row(url, "SELECT area FROM landmap.agency") == (None,)
    with pytest.raises(NotFound, match="26743"):
        landmap("agency", "area", "so-xd", "--wards", "26743")
    with pytest.raises(InvalidParameter):
        landmap("agency", "area", "so-xd")
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [106.7, 10.77]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [point]}))
    with pytest.raises(IngestError):
        landmap("agency", "area", "so-xd", "--file", str(path))


def test_a_person_has_one_role_until_a_day(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    with pytest.raises(InvalidParameter, match="LANDMAP_OIDC_ISSUER"):
        landmap("role", "grant", "u1", "--name", "Nguyễn Văn A", "--role", "viewer", "--agency", "so-xd")
    monkeypatch.setenv("LANDMAP_OIDC_ISSUER", "https://id.example.vn/")
    landmap("role", "grant", "u1", "--name", "Nguyễn Văn A", "--role", "viewer", "--agency", "so-xd")
    landmap(
        *("role", "grant", "u1", "--name", "Nguyễn Văn A", "--role", "publisher", "--agency", "so-xd"),
        *("--until", "31/12/2099"),
    )
    role, issuer, end = row(url, "SELECT role, issuer, expires_at FROM landmap.member")
    assert (role, issuer) == ("publisher", "https://id.example.vn/")
    assert end == datetime(2099, 12, 31, 17, tzinfo=UTC)  # the end of the day in Ho Chi Minh City
    assert "Nguyễn Văn A" in landmap("role", "list").output
    landmap("role", "end", "u1")
    assert "Nobody" in landmap("role", "list").output
    with pytest.raises(NotFound):
        landmap("role", "end", "u1")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("agency", "add", "Sở", "--title", "x"), InvalidParameter),
        (("agency", "add", "so-xd", "--title", "x"), ConflictError),
        (("agency", "layers", "so-xd", "--owns", "nothing"), NotFound),
        (("agency", "layers", "nobody", "--owns", "permits"), NotFound),
        (("key", "issue", "--note", "x"), InvalidParameter),
        (("key", "issue", "--note", "x", "--agency", "nobody"), NotFound),
        (("key", "issue", "--note", "x", "--role", "auditor", "--agency", "so-xd"), InvalidParameter),
        (("key", "issue", "--note", "x", "--role", "public"), InvalidParameter),
        (("key", "issue", "--note", "x", "--agency", "so-xd", "--layers", "nothing"), NotFound),
        (("key", "issue", "--note", "x", "--agency", "so-xd", "--layers", "wards"), InvalidParameter),
        (("key", "revoke", "abcde23456"), NotFound),
        (
            ("role", "grant", "u", "--name", "x", "--role", "admin", "--issuer", "https://x", "--until", "1.2"),
            IngestError,
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    url: str,
    words: tuple[str, ...],
    error: type[Exception],
) -> None:
    add()
    before = row(url, "SELECT count(*) FROM landmap.audit")
    with pytest.raises(error):
        landmap(*words)
    assert row(url, "SELECT count(*) FROM landmap.audit") == before


def test_every_change_of_access_is_on_record(url: str) -> None:
    add()
    landmap("key", "issue", "--role", "auditor", "--note", "inspection")
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT action, subject FROM landmap.audit ORDER BY number").fetchall()
    assert [action for action, _ in rows] == ["agency added", "agency layers set", "key issued"]
    assert rows[-1][1].startswith("key:")


def test_an_area_must_be_valid_polygons(url: str, catalog: Catalog) -> None:
    add()
    bowtie = shapely.Polygon([(E0, N0), (E0 + 9, N0 + 9), (E0 + 9, N0), (E0, N0 + 9)])
    with psycopg.connect(url, autocommit=True) as connection:
        for wrong in (bowtie, shapely.Point(E0, N0), shapely.Polygon()):
            with pytest.raises(InvalidParameter):
                access.set_area(connection, catalog, "so-xd", wrong, "x", "tester")
