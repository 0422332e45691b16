from __future__ import annotations

import json
import re
import subprocess
from datetime import date
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from gis.catalog.codes import on_features, successor
from gis.catalog.names import fold
from gis.catalog.read import read_catalog
from gis.model.access import public_decision
from gis.model.layer import Access, Catalog, GeometryType, Layer, Role, RowRule, Show, Text

REPOSITORY = Path(__file__).parents[3]
LAYERS = REPOSITORY / "layers"
SPEC = REPOSITORY / "services" / "web" / "node_modules" / "@maplibre" / "maplibre-gl-style-spec"
TERRITORIES = sorted(path.stem for path in (LAYERS / "territories").glob("*.toml"))

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return read_catalog(LAYERS, "hcmc")


def test_a_good_folder_becomes_a_catalog(definitions: Any) -> None:
    catalog = definitions.read()
    lots = catalog.layers["lots"]
    assert list(catalog.layers) == ["lots"]
    assert lots.identity == ("sheet", "number")
    assert [f.name for f in lots.public] == ["sheet", "number", "use"]
    assert [f.name for f in lots.columns] == ["sheet", "number", "use", "area"]
    assert lots.field("owner").table == "holders"
    assert lots.field("use").default == "ODT"
    assert lots.rows.rules == (RowRule("use", ("CQP",), Show.REDUCED, ("number",), geometry=True),)
    assert lots.storage_crs == catalog.territory.storage_crs == 9210
    assert [part["id"] for part in lots.style] == ["lots-fill", "lots-label"]
    assert catalog.codelists["land_use"].codes[3].replaced_by == "HNK"
    assert catalog.territory.bounds == (106.0, 10.0, 107.0, 11.0)


def test_ten_mistakes_in_four_files_are_ten_lines(definitions: Any) -> None:
    for file, old, new in (
        ("territories/town.toml", "9210\n", "4326\n"),
        ("lots/layer.toml", 'type = "text"\ntitle = { vi = "Số tờ"', 'typ = "text"\ntitle = { vi = "Số tờ"'),
        ("lots/layer.toml", '"MultiPolygon"', '"Polygon"'),
        ("lots/layer.toml", 'aliases = ["SoThua"]', 'aliases = ["Loại đất", "USE"]'),
        ("lots/layer.toml", 'codelist = "land_use"', 'codelist = "land_uses"'),
        ("lots/layer.toml", 'table = "holders"', ""),
        ("lots/layer.toml", 'licence = "CC BY 4.0"', "licence = 4.0"),
        ("lots/codes.csv", "#ffa0ff", "pink"),
        ("lots/style.json", '"{number}"', '"{area}"'),
    ):
        definitions.change(file, old, new)
    toml, folded = "layers/lots/layer.toml", "(case, accents, separators do not count)"
    assert definitions.problems() == [
        "layers/territories/town.toml: storage_crs: EPSG:4326 is not in metres; areas need a projected CRS in metres",
        "layers/lots/codes.csv: line 3.color: 'pink' is not a colour; write #rrggbb in small letters",
        "layers/lots/layer.toml: fields.sheet.type: missing; add it",
        "layers/lots/layer.toml: fields.sheet.typ: unknown key; did you mean 'type'?",
        f"{toml}: geometry.type: is the text 'Polygon', must be one of Geometry, Point, MultiLineString, MultiPolygon",
        "layers/lots/layer.toml: licence: is the number 4.0, must be a text; put it in quotes",
        "layers/lots/layer.toml: fields.use.codelist: no codelist 'land_uses'; did you mean 'land_use'?",
        "layers/lots/layer.toml: fields.owner.table: missing; a restricted field stands in a table of its own, name it",
        f"{toml}: fields.number.aliases: 'USE' names field use too {folded}; remove one",
        "layers/lots/style.json: [1].layout: property 'area' is not in the tiles; add it to tiles.fields in layer.toml",
    ]


def test_an_unknown_territory_is_reported_with_the_known_ones_and_beside_other_mistakes(definitions: Any) -> None:
    definitions.write("territories/city.toml", "")
    definitions.change("lots/layer.toml", 'owner = "Sở"\n', "")
    assert definitions.problems("hanoi") == [
        "layers/territories: no territory 'hanoi'; known: city, town",
        "layers/lots/layer.toml: owner: missing; add it",
    ]


@pytest.mark.parametrize("name", ["../town", "town.toml", "", "/etc/passwd"])
def test_a_territory_is_a_name_and_never_a_path(definitions: Any, name: str) -> None:
    assert definitions.problems(name)[0].startswith(f"layers/territories: no territory '{name}'; ")


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="layers: no such folder; give the folder that holds the layers"):
        read_catalog(tmp_path / "layers", "town")


def test_a_folder_without_layer_file_is_a_mistake_but_rules_and_hidden_folders_are_not(definitions: Any) -> None:
    definitions.write("rules/townhouse.toml", "")
    definitions.write(".cache/x", "")
    definitions.write("zones/codes.csv", "")
    assert definitions.problems() == ["layers/zones/layer.toml: missing; write it or remove the folder"]


def test_a_codelist_name_and_a_style_id_belong_to_one_layer(definitions: Any) -> None:
    for name in ("layer.toml", "codes.csv", "style.json"):
        text = (definitions.root / "lots" / name).read_text(encoding="utf-8")
        definitions.write(f"plots/{name}", text.replace('"lots"', '"plots"'))
    assert definitions.problems() == [
        "layers/plots/codes.csv: list: 'land_use' is already a list of layers/lots/codes.csv; choose another name",
        "layers/plots/style.json: id 'lots-fill' is already one of layer lots; begin it with 'plots-'",
        "layers/plots/style.json: id 'lots-label' is already one of layer lots; begin it with 'plots-'",
    ]


def test_a_codelist_has_the_title_that_its_layer_writes(definitions: Any) -> None:
    layer = (definitions.root / "lots/layer.toml").read_text("utf-8")
    assert definitions.read().codelists["land_use"].title is None
    definitions.write("lots/layer.toml", layer + '\n[codelists]\nland_use = { vi = "Loại đất", en = "Land uses" }\n')
    assert definitions.read().codelists["land_use"].title == Text("Loại đất", "Land uses")
    definitions.write("lots/layer.toml", layer + '\n[codelists]\nland_us = { vi = "Loại đất", en = "Land uses" }\n')
    assert definitions.problems() == [
        "layers/lots/layer.toml: codelists.land_us: no list of layers/lots/codes.csv; did you mean 'land_use'?"
    ]


def test_a_codelist_serves_the_layers_beside_it(definitions: Any) -> None:
    definitions.write(
        "plots/layer.toml", (definitions.root / "lots/layer.toml").read_text("utf-8").replace("lots", "plots")
    )
    assert definitions.read().layers["plots"].field("use").codelist == "land_use"


def test_layers_come_in_their_order(definitions: Any) -> None:
    text = (definitions.root / "lots/layer.toml").read_text("utf-8")
    definitions.write("above/layer.toml", "order = 5\n" + text.replace('"lots"', '"above"'))
    definitions.write("zebra/layer.toml", "order = -1\n" + text.replace('"lots"', '"zebra"'))
    assert list(definitions.read().layers) == ["zebra", "lots", "above"]


def test_the_digest_follows_every_file_and_nothing_else(definitions: Any) -> None:
    first = definitions.read().digest
    definitions.write("README.md", "not a definition")
    for file in ("lots/layer.toml", "lots/codes.csv"):
        path = definitions.root / file
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert definitions.read().digest == first
    seen = {first}
    for file, old, new in (
        ("territories/town.toml", '"Town"', '"City"'),
        ("lots/layer.toml", '"All lots"', '"Lots of all kinds"'),
        ("lots/codes.csv", "Defence", "National defence"),
        ("lots/style.json", "#000000", "#111111"),
    ):
        definitions.change(file, old, new)
        seen.add(definitions.read().digest)
    assert len(seen) == 5


# --- the definitions that Landmap brings -----------------------------------------------------------------------------


@pytest.mark.parametrize("territory", TERRITORIES)
def test_the_layers_of_landmap_are_right_in_every_territory(territory: str) -> None:
    catalog = read_catalog(LAYERS, territory)
    assert catalog.territory.id == territory
    assert list(catalog.layers) == [
        *(
            "wards",
            "indicators",
            "zones",
            "flood",
            "parcels",
            "plans",
            "housing_projects",
            "heritage",
            "buildings",
            "road_lines",
        ),
        *("corridors", "permits"),
    ]


def test_every_layer_is_drawn_from_its_first_zoom_with_outline_and_text(catalog: Catalog) -> None:
    for layer in catalog.layers.values():
        if layer.id == "indicators":  # figures, which the map of wards draws in a way of its own
            assert layer.style == ()
            continue
        kinds = {part["type"] for part in layer.style}
        assert {"line", "symbol"} <= kinds, layer.id
        assert min(part["minzoom"] for part in layer.style) == layer.tiles.least_zoom, layer.id  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("layer", "field", "part"),
    [
        ("parcels", "land_use", "parcels-fill"),
        ("zones", "function", "zones-fill"),
        ("wards", "kind", "wards-fill"),
        ("plans", "kind", "plans-fill"),
        ("buildings", "use", "buildings-fill"),
        ("housing_projects", "status", "housing_projects-fill"),
        ("permits", "status", "permits-fill"),
        ("corridors", "kind", "corridors-fill"),
        ("heritage", "zone", "heritage-fill"),
        ("flood", "depth", "flood-fill"),
    ],
)
def test_the_style_paints_each_code_in_the_colour_of_the_codelist(
    catalog: Catalog, layer: str, field: str, part: str
) -> None:
    codelist = catalog.codelists[str(catalog.layers[layer].field(field).codelist)]
    style = next(p for p in catalog.layers[layer].style if p["id"] == part)
    match = style["paint"]["fill-color"]  # type: ignore[index]
    assert match[:2] == ["match", ["get", field]]
    pairs = zip(match[2:-1:2], match[3:-1:2], strict=True)
    painted = {code: color for codes, color in pairs for code in codes}
    assert painted == {c.code: c.color for c in on_features(codelist, TODAY) if c.color}


def _said(part: Any, language: str) -> Any:
    """The part as it is served in a language."""
    text = part.get("layout", {}).get("text-field")
    return {**part, "layout": {**part["layout"], "text-field": text[language]}} if isinstance(text, dict) else part


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_styles_are_valid_for_maplibre(catalog: Catalog, language: str) -> None:
    node = which("node")
    if node is None or not SPEC.is_dir():
        pytest.skip("needs node and the packages of services/web")
    layers = [{**_said(part, language), "source": "s"} for layer in catalog.layers.values() for part in layer.style]
    source = {"type": "vector", "tiles": ["http://localhost/{z}/{x}/{y}"]}
    style = {"version": 8, "glyphs": "http://localhost/{fontstack}/{range}", "sources": {"s": source}, "layers": layers}
    script = (
        "const spec = require(process.argv[1]);"
        "const style = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(spec.validateStyleMin(style).map(e => e.message)))"
    )
    done = subprocess.run(
        [node, "-e", script, str(SPEC)], input=json.dumps(style), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


def test_permits_show_what_the_law_lets_everybody_see(catalog: Catalog) -> None:
    permits = catalog.layers["permits"]
    shown = {value: rule for rule in permits.rows.rules for value in rule.values}
    assert permits.rows.default is Show.NONE
    assert {v for v, r in shown.items() if r.show is Show.ALL} == {
        *("ISSUED", "ADJUSTED", "EXTENDED", "REISSUED", "REVOKED", "CANCELLED", "EXPIRED"),
    }
    reduced = {v: (r.fields, r.geometry) for v, r in shown.items() if r.show is Show.REDUCED}
    assert set(reduced) == {"SUBMITTED", "RECEIVED", "NEED_MORE", "IN_REVIEW", "CONSULT"}
    assert set(reduced.values()) == {(("status",), False)}
    assert {v for v, r in shown.items() if r.show is Show.NONE} == {"DRAFT", "REJECTED"}
    assert set(shown) == {c.code for c in catalog.codelists["permit_status"].codes}
    assert permits.geometry.type is GeometryType.GEOMETRY
    assert not permits.geometry.required


def test_plans_are_public_when_opinions_are_gathered_and_once_approved(catalog: Catalog) -> None:
    plans, zones = catalog.layers["plans"], catalog.layers["zones"]
    shown = {value: rule for rule in plans.rows.rules for value in rule.values}
    assert plans.rows.default is Show.NONE
    assert {v for v, r in shown.items() if r.show is Show.ALL} == {
        *("CONSULTING", "APPROVED", "REVISING", "REPLACED", "REPEALED"),
    }
    hidden = tuple(v for v, r in shown.items() if r.show is Show.NONE)
    assert hidden == ("DRAFT", "APPRAISED")
    assert set(shown) == {c.code for c in catalog.codelists["plan_status"].codes}
    assert zones.field("plan_status").codelist == plans.field("status").codelist
    assert zones.rows.rules == (RowRule("plan_status", hidden, Show.NONE),)


def test_land_of_defence_and_security_has_a_shape_and_no_attributes(catalog: Catalog) -> None:
    rules = catalog.layers["parcels"].rows.rules
    assert {rule.field for rule in rules} == {"land_use", "land_use_raw", "land_uses"}
    for rule in rules:
        values = ("CQP", "CAN", "QPH", "ANI") if rule.field == "land_use_raw" else ("CQP", "CAN")
        assert rule == RowRule(rule.field, values, Show.REDUCED, (), geometry=True)


def test_nothing_that_names_a_person_or_a_certificate_is_a_column_of_a_layer(catalog: Catalog) -> None:
    tables = {(layer.id, f.table) for layer in catalog.layers.values() for f in layer.fields if f.table}
    assert tables == {("parcels", "holders"), ("parcels", "certificates"), ("permits", "applicants")}
    public = public_decision(catalog.layers["parcels"]).columns
    masked = {"parcel_identifier", "legal_area", "address", "address_old", "land_origin", "use_form", "use_term"}
    assert masked.isdisjoint(public)
    assert {"sheet", "parcel", "measured_area", "land_use", "street", "street_old"} <= set(public)
    assert catalog.layers["permits"].field("applicant_name").access is Access.RESTRICTED


def columns(layer: Layer, header: list[str]) -> dict[str, str]:
    """The field of each column of a file, by names and aliases."""
    names = {fold(name): f.name for f in layer.fields for name in (f.name, *f.aliases)}
    return {column: names[fold(column)] for column in header if fold(column) in names}


@pytest.mark.parametrize(
    ("layer", "header", "expected"),
    [
        (
            "parcels",
            "OBJECTID TEXTSTRING So_thua Tong_dien_ Loai_dat So_to So_thua_1 loai_BD TDP n ma_dat SHAPE_Area md",
            {"So_thua": "parcel", "Tong_dien_": "measured_area", "Loai_dat": "land_use_raw", "So_to": "sheet"},
        ),
        (
            "parcels",
            "id commune prefixe section numero contenance arpente created updated",
            {
                "commune": "commune",
                "section": "sheet",
                "numero": "parcel",
                "contenance": "legal_area",
                "updated": "registered_on",
            },
        ),
        (
            "parcels",
            "SHBANDO SHTHUA KHLOAIDAT DTPL MaXa DiaChi TenChu",
            {
                "SHBANDO": "sheet",
                "SHTHUA": "parcel",
                "KHLOAIDAT": "land_use_raw",
                "DTPL": "legal_area",
                "MaXa": "commune",
                "DiaChi": "address",
                "TenChu": "holder_name",
            },
        ),
        (
            "wards",
            "code name nameEn fullName fullNameEn codeName gisServerId areaKm2",
            {"code": "code", "name": "name", "nameEn": "name_en", "fullName": "full_name", "areaKm2": "area_km2"},
        ),
        (
            "zones",
            "name description _color _opacity _weight _dashArray _fillColor _fillOpacity",
            {"name": "name", "description": "function_raw", "_fillColor": "source_color"},
        ),
        (
            "zones",
            "maThongTinQH maHoSoQH maDoiTuong tenDoiTuong phanLoai ghiChu",
            {
                "maHoSoQH": "plan",
                "maDoiTuong": "code",
                "tenDoiTuong": "name",
                "phanLoai": "function_raw",
                "ghiChu": "note",
            },
        ),
        (
            "permits",
            "Permit__ Permit_Type_Description Permit_Subtype_Description Parcel Date_Entered Date_Issued Const_Cost",
            {
                "Permit__": "number",
                "Permit_Type_Description": "type_raw",
                "Permit_Subtype_Description": "works",
                "Parcel": "parcels",
                "Date_Entered": "received_on",
                "Date_Issued": "issued_on",
                "Const_Cost": "cost",
            },
        ),
        (
            "corridors",
            "ma_tuyen ten_rach LoaiHanhLang ChieuRong DienAp can_cu SoQD NgayQD don_vi_quan_ly",
            {
                "ma_tuyen": "code",
                "ten_rach": "name",
                "LoaiHanhLang": "kind",
                "ChieuRong": "width",
                "DienAp": "voltage",
                "can_cu": "basis",
                "SoQD": "decision",
                "NgayQD": "decided_on",
                "don_vi_quan_ly": "manager",
            },
        ),
        (
            "heritage",
            "MaDiTich TenDiTich XepHang khu_vuc_bao_ve LoaiHinh ngay_xep_hang",
            {
                "MaDiTich": "code",
                "TenDiTich": "name",
                "XepHang": "rank",
                "khu_vuc_bao_ve": "zone",
                "LoaiHinh": "kind",
                "ngay_xep_hang": "decided_on",
            },
        ),
        (
            "flood",
            "ma_diem_ngap muc_ngap DoSau nguyen_nhan ChuKyLap NgayNgap nguon",
            {
                "ma_diem_ngap": "code",
                "muc_ngap": "depth",
                "DoSau": "depth_max",
                "nguyen_nhan": "cause",
                "ChuKyLap": "return_period",
                "NgayNgap": "event_on",
                "nguon": "source",
            },
        ),
    ],
)
def test_columns_of_real_files_find_their_fields(
    catalog: Catalog, layer: str, header: str, expected: dict[str, str]
) -> None:
    assert columns(catalog.layers[layer], header.split()) == expected


def test_the_state_of_an_address_is_not_the_state_of_a_permit(catalog: Catalog) -> None:
    assert columns(catalog.layers["permits"], ["State", "City", "ZIP", "ObjectId", "Per_Ty"]) == {}


def test_parcels_have_the_roles_that_ingest_works_with(catalog: Catalog) -> None:
    parcels = catalog.layers["parcels"]
    roles = {role: field.name for role in Role if (field := parcels.with_role(role))}
    assert roles == {
        Role.LABEL: "parcel",
        Role.COMMUNE: "commune",
        Role.COMMUNE_OLD: "commune_old",
        Role.LEGAL_AREA: "legal_area",
        Role.MEASURED_AREA: "measured_area",
        Role.VALID_FROM: "registered_on",
        Role.CODE_RAW: "land_use_raw",
        Role.CODE_SCHEME: "land_use_scheme",
        Role.CODES: "land_uses",
    }


def test_land_use_knows_both_schemes(catalog: Catalog) -> None:
    land_use = catalog.codelists["land_use"]
    before = {c.code for c in on_features(land_use, date(2024, 7, 31))}
    after = {c.code for c in on_features(land_use, date(2024, 8, 1))}
    assert after - before == {"RSN", "CNT", "DMT", "DKT", "SCT", "DCT", "DPC", "DDD", "CGT", "MCS", "HNK"}
    assert {"LUN", "BHK", "NHK", "DTS", "SKT", "SKX", "DDT", "DDL", "DSH", "DCK"} <= before - after
    assert {
        c: successor(land_use, c, TODAY) for c in ("BHK", "LUN", "DDT", "SKX", "ODT", "HNK", "DCK", "PNN", "XYZ")
    } == {
        "BHK": "HNK",
        "LUN": "LUK",
        "DDT": "DDD",
        "SKX": "SKC",
        "ODT": "ODT",
        "HNK": "HNK",
        "DCK": None,
        "PNN": None,
        "XYZ": None,
    }


def test_a_plan_code_that_begins_like_a_dossier_code_must_be_a_whole_one(catalog: Catalog) -> None:
    pattern = str(catalog.layers["plans"].field("code").pattern)
    assert all(re.fullmatch(pattern, code) for code in ("04QHC0010001", "QH-Q1/2013", "3457/QĐ-UBND"))
    assert not any(re.fullmatch(pattern, code) for code in ("04QHC001000", "04QPK00100011", "", "x" * 41))
