"""GML 3.2, Simple Features level 0, in the collection of OGC API Features (core-sf.xsd): one element a field.

The geometry comes from the database as GML with the axes that its CRS prescribes.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc

from gis.formats.about import GEOMETRY, about
from gis.formats.cells import joined, json_lists, whole, xml, zulu

_SF = "http://www.opengis.net/ogcapi-features-1/1.0/sf"
_SF_XSD = "http://schemas.opengis.net/ogcapi/features/part1/1.0/xml/core-sf.xsd"
_GML = "http://www.opengis.net/gml/3.2"
_GML_XSD = "http://schemas.opengis.net/gml/3.2.1/gml.xsd"
_TYPES = {"string": "string", "int64": "long", "double": "double", "bool": "boolean", "date32[day]": "date"}


class Gml:
    """`namespace` names the application schema, which lies at `location`."""

    def __init__(self, schema: pa.Schema, namespace: str, location: str) -> None:
        self._layer = about(schema).layer
        places = f"{namespace} {location} {_SF} {_SF_XSD} {_GML} {_GML_XSD}"
        self._head = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<sf:FeatureCollection xmlns:sf="{_SF}" xmlns:gml="{_GML}" xmlns:lm={quoteattr(namespace)} '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation={quoteattr(places)} gml:id="{self._layer}">\n'
        )

    def open(self) -> bytes:
        """The head of the collection."""
        return self._head.encode()

    def write(self, batch: pa.RecordBatch) -> bytes:
        """The members of one batch."""
        ids = batch.column("id")
        parts: list[pa.Array | str] = [f'<sf:featureMember><lm:{self._layer} gml:id="{self._layer}.', ids, '">']
        for field, array in zip(batch.schema, batch.columns, strict=True):
            text = array if field.name == GEOMETRY else _text(array)
            element = joined([f"<lm:{field.name}>", text, f"</lm:{field.name}>"])
            parts.append(pc.fill_null(element, ""))
        members = joined([*parts, f"</lm:{self._layer}></sf:featureMember>\n"])
        return whole(members)

    def close(self) -> bytes:
        """The end of the collection."""
        return b"</sf:FeatureCollection>\n"


def _text(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_list(kind):
        return xml(json_lists(array))
    if pa.types.is_timestamp(kind):
        return zulu(array)
    if pa.types.is_floating(kind):
        text = array.cast(pa.string())
        return pc.if_else(
            pc.is_inf(array),
            pc.if_else(pc.greater(array, 0.0), "INF", "-INF"),
            pc.if_else(pc.is_nan(array), "NaN", text),
        )
    return xml(array) if pa.types.is_string(kind) else array.cast(pa.string())


def application_schema(schema: pa.Schema, namespace: str) -> bytes:
    """The XML Schema of the features: GML SF level 0, every property optional, with its titles."""
    layer = about(schema).layer
    elements = "".join(_element(field) for field in schema)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:gml="{_GML}" xmlns:lm={quoteattr(namespace)} '
        f'targetNamespace={quoteattr(namespace)} elementFormDefault="qualified" version="1.0">\n'
        '<annotation><appinfo source="http://schemas.opengis.net/gmlsfProfile/2.0/gmlsfLevels.xsd">'
        '<gmlsf:ComplianceLevel xmlns:gmlsf="http://www.opengis.net/gmlsf/2.0">0</gmlsf:ComplianceLevel>'
        "</appinfo></annotation>\n"
        f'<import namespace="{_GML}" schemaLocation="{_GML_XSD}"/>\n'
        f'<element name="{layer}" type="lm:{layer}Type" substitutionGroup="gml:AbstractFeature"/>\n'
        f'<complexType name="{layer}Type"><complexContent><extension base="gml:AbstractFeatureType"><sequence>\n'
        f"{elements}</sequence></extension></complexContent></complexType>\n</schema>\n"
    ).encode()


def _element(field: pa.Field) -> str:
    if field.name == GEOMETRY:
        return f'<element name="{field.name}" type="gml:GeometryPropertyType" minOccurs="0"/>\n'
    kind = str(field.type)
    type_ = "dateTime" if kind.startswith("timestamp") else _TYPES.get(kind, "string")
    title = escape((field.metadata or {}).get(b"title.vi", b"").decode())
    note = f"<annotation><documentation>{title}</documentation></annotation>" if title else ""
    return f'<element name="{field.name}" type="{type_}" minOccurs="0">{note}</element>\n'
