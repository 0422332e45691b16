"""Each layer as QGIS decodes it from vector tiles: what lies in a box at a zoom, as the identify tool finds it."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsVectorTileLayer,
)
from qgis.gui import QgsMapCanvas, QgsMapToolIdentify
from session import Session, plain, run

MERCATOR = QgsCoordinateReferenceSystem("EPSG:3857")


def answer(question: dict[str, Any], session: Session) -> dict[str, Any]:
    """`{layers: {layer: {address, zooms, box}}}`; `address` has {z}, {x} and {y} in it."""
    layers = {
        name: {str(zoom): _identified(name, asked, zoom, session) for zoom in asked["zooms"]}
        for name, asked in question["layers"].items()
    }
    return {"layers": layers}


def _identified(name: str, asked: dict[str, Any], zoom: int, session: Session) -> dict[str, Any]:
    layer = QgsVectorTileLayer(f"type=xyz&url={asked['address']}?f=mvt&zmin={zoom}&zmax={zoom}", name)
    canvas = QgsMapCanvas()
    canvas.resize(800, 800)
    canvas.setDestinationCrs(MERCATOR)
    canvas.setLayers([layer])
    box = _to_mercator(asked["box"])
    canvas.setExtent(box)
    tool = QgsMapToolIdentify(canvas)
    results, requests = session.requests_of(
        lambda: tool.identify(
            QgsGeometry.fromRect(box), QgsMapToolIdentify.TopDownAll, [layer], QgsMapToolIdentify.VectorTileLayer
        )
    )
    features = [result.mFeature for result in results]
    return {
        "valid": layer.isValid(),
        "features": [{name: plain(feature[name]) for name in feature.fields().names()} for feature in features],
        "requests": requests,
    }


def _to_mercator(box: list[float]) -> QgsRectangle:
    to_mercator = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), MERCATOR, QgsProject.instance())
    return to_mercator.transformBoundingBox(QgsRectangle(*box))


run(answer)
