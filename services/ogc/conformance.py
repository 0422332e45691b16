"""The conformance classes, each beside its tests in tests/conformance."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from services.ogc.answers import document
from services.ogc.ask import ask
from services.ogc.pages import page
from services.ogc.words import WORDS

_COMMON_1 = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/"
_COMMON_2 = "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/"
_FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
_FEATURES_2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
_FEATURES_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
_FEATURES_4 = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/"
_FEATURES_11 = "http://www.opengis.net/spec/ogcapi-features-11/1.0/conf/"
_FEATURES_6 = "http://www.opengis.net/spec/ogcapi-features-6/1.0/conf/"
_FEATURES_8 = "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/"
_FEATURES_9 = "http://www.opengis.net/spec/ogcapi-features-9/1.0/conf/"
_COMMON_3 = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/"  # the same document as Features Part 5
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
_JSON_FG = "http://www.opengis.net/spec/json-fg-1/1.0/conf/"
_TILES_1 = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
_PROCESSES_1 = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"

CLASSES = (
    *(_COMMON_1 + name for name in ("core", "landing-page", "json", "html", "oas30")),
    _COMMON_2 + "collections",
    *(_FEATURES_1 + name for name in ("core", "geojson", "html", "oas30")),
    _FEATURES_2 + "crs",
    *(_FEATURES_3 + name for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(_FEATURES_4 + name for name in ("create-replace-delete", "update", "optimistic-locking-etags", "handling")),
    *(_FEATURES_4 + name for name in ("return-resource-representation-in-response", "features")),
    *(_FEATURES_11 + name for name in ("transactions", "atomic-transactions", "json-transactions", "features")),
    *(_COMMON_3 + name for name in ("schemas", "advanced-property-roles", "returnables-and-receivables")),
    *(_COMMON_3 + name for name in ("queryables", "sortables", "profile-codelists")),
    *(_FEATURES_6 + name for name in ("properties", "properties-features")),
    *(_FEATURES_8 + name for name in ("sortables", "sorting", "features-sorting")),
    *(_FEATURES_9 + name for name in ("text-search", "features-text-search")),
    *(_CQL2 + name for name in ("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators")),
    *(_CQL2 + name for name in ("case-insensitive-comparison", "accent-insensitive-comparison")),
    *(_CQL2 + name for name in ("basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions")),
    *(_CQL2 + name for name in ("temporal-functions", "array-functions", "property-property")),
    *(_CQL2 + name for name in ("functions", "arithmetic")),
    *(_JSON_FG + name for name in ("core", "types-schemas", "profiles")),
    *(_TILES_1 + name for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30")),
    *(_PROCESSES_1 + name for name in ("core", "ogc-process-description", "json", "oas30", "job-list", "callback")),
    _PROCESSES_1 + "dismiss",
)


async def conformance(request: Request) -> Response:
    """GET /conformance."""
    asked = ask(request)
    if asked.html:
        return page(asked, "conformance.html", WORDS["conformance"], classes=CLASSES)
    return document(asked, {"conformsTo": CLASSES})
