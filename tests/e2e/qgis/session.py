"""QGIS without a screen, for one script: a question comes as JSON on standard input, the answer goes to standard output.

Run by the Python that QGIS comes with, which is older than Landmap's.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qgis.core import NULL, Qgis, QgsApplication, QgsFeature, QgsNetworkAccessManager
from qgis.PyQt.QtCore import QDate, QDateTime, Qt


@dataclass
class Session:
    """What QGIS asked for (addresses in order) and complained about since it started."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def requests_of(self, work: Callable[[], Any]) -> tuple[Any, list[str]]:
        """What `work` returns, and the addresses that were asked for meanwhile."""
        before = len(self.requests)
        done = work()
        return done, self.requests[before:]


def run(answer: Callable[[dict[str, Any], Session], dict[str, Any]]) -> None:
    """Start QGIS, answer the question, end QGIS."""
    application = QgsApplication([], True)
    application.initQgis()
    session = Session()
    QgsNetworkAccessManager.setRequestPreprocessor(lambda request: session.requests.append(request.url().toString()))

    def hear(text: str, tag: str, level: Qgis.MessageLevel) -> None:
        if level in (Qgis.Warning, Qgis.Critical):
            session.complaints.append(f"{tag}: {text}")

    QgsApplication.messageLog().messageReceived.connect(hear)
    found = answer(json.load(sys.stdin), session)
    application.processEvents()  # what other threads said
    json.dump({**found, "requests": session.requests, "complaints": session.complaints}, sys.stdout)
    sys.stdout.flush()
    application.exitQgis()


def plain(value: Any) -> Any:
    """A value of an attribute table as JSON has it; times without their zone, as QGIS shows them."""
    if value is None or value == NULL:
        return None
    if isinstance(value, (QDate, QDateTime)):
        return value.toString(Qt.ISODate)
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


def described(feature: QgsFeature) -> dict[str, Any]:
    """Attributes by name, and the geometry as WKB in hexadecimal digits, null if there is none."""
    attributes = {name: plain(feature[name]) for name in feature.fields().names()}
    shape = bytes(feature.geometry().asWkb().toHex()).decode() if feature.hasGeometry() else None
    return {"attributes": attributes, "geometry": shape}
