"""All layers drawn by QGIS from vector tiles, in the service's own style, into one picture."""

from __future__ import annotations

from collections import Counter
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapBoxGlStyleConverter,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage
from session import Session, run

MERCATOR = QgsCoordinateReferenceSystem("EPSG:3857")
SIZE = QSize(1000, 750)
STEP = 3  # every third pixel of a row and every third row is counted


def answer(question: dict[str, Any], session: Session) -> dict[str, Any]:
    """`{style, box, file}`: the style is the map's, which names the sources."""
    style = question["style"]
    layers = [_styled(style, name, source) for name, source in style["sources"].items()]
    settings = QgsMapSettings()
    settings.setLayers(layers[::-1])
    settings.setDestinationCrs(MERCATOR)
    to_mercator = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), MERCATOR, QgsProject.instance())
    settings.setExtent(to_mercator.transformBoundingBox(QgsRectangle(*question["box"])))
    settings.setOutputSize(SIZE)
    settings.setBackgroundColor(QColor(style["layers"][0]["paint"]["background-color"]))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    image.save(question["file"])
    errors = [f"{error.layerID}: {error.message}" for error in job.errors()]
    return {"valid": [layer.isValid() for layer in layers], "errors": errors, "colours": _colours(image)}


def _styled(style: dict[str, Any], name: str, source: dict[str, Any]) -> QgsVectorTileLayer:
    place = f"url={source['tiles'][0]}?f=mvt&zmin={source['minzoom']}&zmax={source['maxzoom']}"
    layer = QgsVectorTileLayer(f"type=xyz&{place}", name)
    converter = QgsMapBoxGlStyleConverter()
    converter.convert({"layers": [_older(part) for part in style["layers"] if part.get("source") == name]})
    layer.setRenderer(converter.renderer())
    layer.setLabeling(converter.labeling())
    return layer


def _older(part: Any) -> Any:
    """A style in words that QGIS 3.22 knows: no coalesce, labels of a match in lists, $type for the geometry type."""
    if isinstance(part, dict):
        return {key: _older(value) for key, value in part.items()}
    if not isinstance(part, list) or not part:
        return part
    if part[0] == "coalesce":
        return _older(part[1])
    if part[0] == "in" and part[1] == ["geometry-type"]:
        return ["==", "$type", part[2][1][0]]
    if part[0] == "in":
        return ["match", _older(part[1]), part[2][1], True, False]
    if part[0] == "match":
        pairs = zip(part[2:-1:2], part[3:-1:2], strict=True)
        cases = [entry for label, value in pairs for entry in (label if isinstance(label, list) else [label], value)]
        return ["match", _older(part[1]), *cases, part[-1]]
    return [_older(entry) for entry in part]


def _colours(image: QImage) -> dict[str, float]:
    """Share of each colour (#rrggbb) in the picture."""
    points = [(x, y) for y in range(0, image.height(), STEP) for x in range(0, image.width(), STEP)]
    counted = Counter(f"#{image.pixel(x, y) & 0xFFFFFF:06x}" for x, y in points)
    return {colour: count / len(points) for colour, count in counted.most_common(200)}


run(answer)
