"""Each layer as QGIS sees it through OGC API Features: whole, in a box, and page by page."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsLayerItem,
    QgsRectangle,
    QgsSettings,
    QgsVectorLayer,
    QgsWkbTypes,
)
from session import Session, described, run


def answer(question: dict[str, Any], session: Session) -> dict[str, Any]:
    """`{address, boxes: {layer: [west, south, east, north]}, page_size}`."""
    address = question["address"]
    layers = {name: _read(address, name, box, session) for name, box in question["boxes"].items()}
    return {
        "browsed": {version: _browse(address, version) for version in ("OGC_API_FEATURES", "auto")},
        "layers": layers,
        "paged": _paged(address, question["page_size"], session),
    }


def _open(address: str, name: str, more: str = "") -> QgsVectorLayer:
    return QgsVectorLayer(f"url='{address}/' typename='{name}' version='OGC_API_FEATURES' {more}", name, "OAPIF")


def _browse(address: str, version: str) -> dict[str, str]:
    """Titles and addresses of the layers that the browser lists under a connection."""
    settings = QgsSettings()
    settings.setValue(f"qgis/connections-wfs/{version}/url", f"{address}/")
    settings.setValue(f"qgis/connections-wfs/{version}/version", version)
    providers = QgsApplication.dataItemProviderRegistry().providers()
    wfs = next(provider for provider in providers if provider.name() == "WFS")
    connection = wfs.createDataItem(f"wfs:/{version}", None)
    return {item.name(): item.uri() for item in connection.createChildren() if isinstance(item, QgsLayerItem)}


def _read(address: str, name: str, box: list[float], session: Session) -> dict[str, Any]:
    layer = _open(address, name)
    features = [described(feature) for feature in layer.getFeatures()]
    part = _open(address, name, "restrictToRequestBBOX='1'")
    request = QgsFeatureRequest().setFilterRect(QgsRectangle(*box))
    inside, asked = session.requests_of(lambda: [feature["id"] for feature in part.getFeatures(request)])
    return {
        "valid": layer.isValid(),
        "error": layer.error().message(),
        "crs": layer.crs().authid(),
        "geometry": QgsWkbTypes.displayString(layer.wkbType()),
        "count": layer.featureCount(),
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "features": features,
        "inside": inside,
        "inside_requests": asked,
    }


def _paged(address: str, page_size: int, session: Session) -> dict[str, Any]:
    """Parcels fetched in pages of `page_size`."""
    layer = _open(address, "parcels", f"pageSize='{page_size}'")
    ids, asked = session.requests_of(lambda: [feature["id"] for feature in layer.getFeatures()])
    return {"ids": ids, "requests": asked}


run(answer)
