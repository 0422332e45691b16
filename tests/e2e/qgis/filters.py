"""What QGIS asks of the server, and what it shows, of a layer with a provider's filter."""

from __future__ import annotations

from typing import Any

from qgis.core import Qgis, QgsVectorLayer
from session import Session, run


def answer(question: dict[str, Any], session: Session) -> dict[str, Any]:
    """`{address, layer, filters: [expression of QGIS, …]}`."""
    return {
        "version": Qgis.versionInt(),
        "filtered": [_filtered(question, expression, session) for expression in question["filters"]],
    }


def _filtered(question: dict[str, Any], expression: str, session: Session) -> dict[str, Any]:
    name = question["layer"]
    source = f"url='{question['address']}/' typename='{name}' version='OGC_API_FEATURES'"
    layer = QgsVectorLayer(source, name, "OAPIF")
    taken = layer.setSubsetString(expression)
    ids, asked = session.requests_of(lambda: [feature["id"] for feature in layer.getFeatures()])
    return {"taken": taken, "ids": ids, "requests": asked}


run(answer)
