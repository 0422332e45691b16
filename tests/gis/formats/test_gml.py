from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given

from gis.formats.gml import Gml, application_schema
from tests.gis.formats.conftest import batch, rows, same_number, written

NAMESPACE = "https://land.test/collections/things"
LM, SF, GML = (
    f"{{{NAMESPACE}}}",
    "{http://www.opengis.net/ogcapi-features-1/1.0/sf}",
    "{http://www.opengis.net/gml/3.2}",
)
XS = "{http://www.w3.org/2001/XMLSchema}"


def collection(features: list[dict[str, Any]]) -> ET.Element:
    data = batch(features, "wkt")  # what stands where the database puts GML
    return ET.fromstring(written(Gml(data.schema, NAMESPACE, "https://land.test/x.xsd"), data))


@given(rows())
def test_an_xml_reader_reads_the_same_features(features: list[dict[str, Any]]) -> None:
    root = collection(features)
    assert root.tag == f"{SF}FeatureCollection"
    members = [member[0] for member in root]
    assert [member.tag for member in root] == [f"{SF}featureMember"] * len(features)
    for feature, one in zip(features, members, strict=True):
        assert one.tag == f"{LM}things" and one.get(f"{GML}id") == f"things.{feature['id']}"
        cells = {child.tag.removeprefix(LM): child.text or "" for child in one}
        assert cells.get("name") == (None if feature["name"] is None else _xml(feature["name"]))
        assert same_number(float(cells["number"]) if "number" in cells else None, feature["number"])
        assert (int(cells["count"]) if "count" in cells else None) == feature["count"]
        assert cells.get("open") == {None: None, True: "true", False: "false"}[feature["open"]]
        assert cells.get("day") == (feature["day"].isoformat() if feature["day"] else None)
        assert (datetime.fromisoformat(cells["moment"]) if "moment" in cells else None) == feature["moment"]
        uses = (
            [None if use is None else _xml(use, json_=True) for use in feature["uses"]]
            if feature["uses"] is not None
            else None
        )
        assert (json.loads(cells["uses"]) if "uses" in cells else None) == uses


def _xml(text: str, *, json_: bool = False) -> str:
    """What XML 1.0 can hold of a text: control characters have no place in it; JSON writes them in letters."""
    return re.sub("[\ufffe\uffff]" if json_ else "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


def test_properties_stand_in_the_order_and_by_the_types_of_the_application_schema() -> None:
    schema = batch([]).schema
    root = ET.fromstring(application_schema(schema, NAMESPACE))
    elements = root.findall(f".//{XS}sequence/{XS}element")
    kinds = {element.get("name"): element.get("type") for element in elements}
    assert list(kinds) == schema.names
    assert [kinds[name] for name in ("name", "number", "count", "open", "day", "moment", "uses", "geometry")] == ["string", "double", "long", "boolean", "date", "dateTime", "string", "gml:GeometryPropertyType"]  # fmt: skip
    assert root.get("targetNamespace") == NAMESPACE
    assert elements[1].find(f"{XS}annotation/{XS}documentation").text == "Tên đường"  # type: ignore[union-attr]
