"""What is not right with published data: records that were withheld of a file, or published with a warning, on the map.

For editors and publishers of the agency that owns the layer, as the review is. Of a record as it was read only the columns
are told that feed fields which the caller may see: a file may hold what no field shows, and names of holders.
"""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis.errors import NotFound
from gis.model.layer import Layer
from gis.store.review import LONGEST_PAGE, Withheld, counts, standing, withheld
from services.auth.policy import Action, decide
from services.ogc.answers import NO_STORE, document
from services.ogc.ask import Ask, ask
from services.ogc.negotiation import GEOJSON
from services.ogc.parameters import MAX_BIGINT, limit, whole
from services.reports.telling import listed
from services.review.routes import PAGE, link, reviewed, run
from services.review.sentences import columns_of, message, shown_fields

SEVERITIES = ("error", "warning")
PARAMETERS = ("layer", "severity", "after", "limit")


async def quarantine(request: Request) -> Response:
    """GET /quarantine: findings about the published data of the caller's layers, the newest first."""
    asked = ask(request, (GEOJSON,), PARAMETERS)
    layers = _wanted(asked)
    severities = listed(asked.parameters, "severity", SEVERITIES) or SEVERITIES
    after = whole(asked.parameters, "after", MAX_BIGINT)
    most = limit(asked.parameters, PAGE, LONGEST_PAGE)
    files = await run(asked, lambda connection: standing(connection, list(layers)))
    found = await run(asked, lambda connection: withheld(connection, files, severities, after, most + 1))
    number = await run(asked, lambda connection: counts(connection, files))
    links = [link("self", asked.url)]
    if len(found) > most:
        links.append(link("next", asked.again(after=str(found[most - 1].finding.number))))
    head = orjson.dumps(
        {
            "type": "FeatureCollection",
            "numberReturned": min(len(found), most),
            "counts": [
                {"layer": layer, "layerTitle": asked.say(layers[layer].title), "severity": severity, "count": count}
                for (layer, severity), count in sorted(number.items())
            ],
            "links": links,
        }
    )
    features = [_feature(asked, one, layers[one.of.stage.layer]) for one in found[:most]]
    return document(asked, head[:-1] + b',"features":[%b]}' % b",".join(features), headers=NO_STORE)


def _wanted(asked: Ask) -> dict[str, Layer]:
    """The layers asked for, of those that the caller keeps. NotFound for others, whether they are or not."""
    layers = {layer.id: layer for layer in reviewed(asked)}
    names = listed(asked.parameters, "layer")
    if names is None:
        return layers
    for name in names:
        if name not in layers:
            raise NotFound(
                f"layer: you keep no layer '{name[:40]}'.",
                f"layer: bạn không quản lý lớp '{name[:40]}'.",
                where="layer",
            )
    return {name: layers[name] for name in names}


def _feature(asked: Ask, one: Withheld, layer: Layer) -> bytes:
    finding, source = one.finding, one.of.stage.provenance.source
    shown = shown_fields(layer, decide(asked.actor, Action.EDIT, layer).columns, columns_of(one.of.stage))
    titles = {field.name: asked.say(field.title) for field in layer.fields}
    record = [
        {"field": name, "title": titles[name], "column": column, "value": one.record[column]}
        for name, column in shown.items()
        if column in one.record
    ]
    told = {
        "layer": layer.id,
        "layerTitle": asked.say(layer.title),
        "changeset": one.of.changeset,
        "source": None if source is None else source.name,
        "supplier": None if source is None else source.agency,
        "source_row": finding.source_row,
        "severity": finding.severity,
        "reason": finding.reason,
        "message": message(asked, finding, layer, shown),
        "responsible": finding.responsible,
        "record": record,
        "columnsWithheld": len(one.record) - len({each["column"] for each in record}),
    }
    return b'{"type":"Feature","id":%d,"geometry":%b,"properties":%b}' % (
        finding.number, (finding.shape or "null").encode(), orjson.dumps(told)
    )  # fmt: skip


ROUTES = [Route("/quarantine", quarantine)]
