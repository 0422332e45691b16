"""All layers drawn by QGIS from vector tiles, in the service's own style, into one picture."""

from __future__ import annotations

from collections import Counter
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpression,
    QgsMapBoxGlStyleConverter,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsSymbolLayer,
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
    layers = [_styled(style, name, source) for name, source in style["sources"].items() if source["type"] == "vector"]
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
    return {
        "valid": [layer.isValid() for layer in layers],
        "errors": errors,
        "colours": _colours(image),
        "converted": {part["id"]: _converted(part) for part in style["layers"]},
    }


def _styled(style: dict[str, Any], name: str, source: dict[str, Any]) -> QgsVectorTileLayer:
    place = f"url={source['tiles'][0]}?f=mvt&zmin={source['minzoom']}&zmax={source['maxzoom']}"
    layer = QgsVectorTileLayer(f"type=xyz&{place}", name)
    converter = QgsMapBoxGlStyleConverter()
    converter.convert({"layers": [part for part in style["layers"] if part.get("source") == name]})
    layer.setRenderer(converter.renderer())
    layer.setLabeling(converter.labeling())
    return layer


def _converted(part: dict[str, Any]) -> dict[str, Any]:
    """What QGIS makes of one style layer: its rules of drawing and of labels, and what it complains about."""
    converter = QgsMapBoxGlStyleConverter()
    result = converter.convert({"layers": [part]})
    renderer, labeling = converter.renderer(), converter.labeling()
    texts = [rule.labelSettings() for rule in labeling.styles()]
    return {
        "done": result == QgsMapBoxGlStyleConverter.Success,
        "warnings": converter.warnings(),
        "symbols": [_symbol(rule) for rule in renderer.styles()],
        "texts": [settings.fieldName for settings in texts],
        "sound": [_is_sound(rule.filterExpression()) for rule in (*renderer.styles(), *labeling.styles())]
        + [_is_sound(settings.fieldName) for settings in texts if settings.isExpression],
    }


def _symbol(rule: Any) -> str | None:
    """The expression or else the constant of a symbol's colour."""
    symbol = rule.symbol()
    for properties in (symbol.symbolLayer(0).dataDefinedProperties(), symbol.dataDefinedProperties()):
        for key in (QgsSymbolLayer.PropertyFillColor, QgsSymbolLayer.PropertyStrokeColor):
            if properties.isActive(key):
                return str(properties.property(key).asExpression())
    return str(symbol.color().name())


def _is_sound(expression: str) -> bool:
    return not expression or not QgsExpression(expression).hasParserError()


def _colours(image: QImage) -> dict[str, float]:
    """Share of each colour (#rrggbb) in the picture."""
    points = [(x, y) for y in range(0, image.height(), STEP) for x in range(0, image.width(), STEP)]
    counted = Counter(f"#{image.pixel(x, y) & 0xFFFFFF:06x}" for x, y in points)
    return {colour: count / len(points) for colour, count in counted.most_common(200)}


run(answer)
