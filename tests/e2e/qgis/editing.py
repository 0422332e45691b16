"""Each layer as QGIS sees it in PostGIS, and one parcel edited there."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)
from session import Session, described, run


def answer(question: dict[str, Any], session: Session) -> dict[str, Any]:
    """`{connection, layers: {layer: type and srid}, edit: {id, street, east, north}}`."""
    layers = {name: _read(_open(question, name)) for name in question["layers"]}
    return {"layers": layers, "edit": _edit(_open(question, "parcels"), question["edit"])}


def _open(question: dict[str, Any], name: str) -> QgsVectorLayer:
    place = f'key=\'id\' {question["layers"][name]} table="land"."{name}" (geom)'
    return QgsVectorLayer(f"{question['connection']} {place}", name, "postgres")


def _read(layer: QgsVectorLayer) -> dict[str, Any]:
    first = next(layer.getFeatures())
    return {
        "valid": layer.isValid(),
        "error": layer.error().message(),
        "crs": layer.crs().description(),
        "geometry": QgsWkbTypes.displayString(layer.wkbType()),
        "count": layer.featureCount(),
        "fields": layer.fields().names(),
        "first": described(_in_degrees(first, layer)),
    }


def _in_degrees(feature: QgsFeature, layer: QgsVectorLayer) -> QgsFeature:
    """The feature where QGIS puts it on a map in longitude and latitude."""
    to_degrees = QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance())
    moved = QgsFeature(feature)
    shape = QgsGeometry(feature.geometry())
    shape.transform(to_degrees)
    moved.setGeometry(shape)
    return moved


def _edit(layer: QgsVectorLayer, wanted: dict[str, Any]) -> dict[str, Any]:
    """Another street and another place for one parcel, saved at once."""
    feature = next(layer.getFeatures(f"\"id\" = '{wanted['id']}'"))
    shape = QgsGeometry(feature.geometry())
    shape.translate(wanted["east"], wanted["north"])
    steps = [
        layer.startEditing(),
        layer.changeAttributeValue(feature.id(), layer.fields().indexOf("street"), wanted["street"]),
        layer.changeGeometry(feature.id(), shape),
        layer.commitChanges(),
    ]
    after = layer.getFeature(feature.id())
    return {"steps": steps, "errors": layer.commitErrors(), "after": described(_in_degrees(after, layer))}


run(answer)
