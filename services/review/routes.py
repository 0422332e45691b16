"""Staged changesets over HTTP: what waits, each record before and after, what was found wrong; publishing and refusing.

For editors and publishers of the agency that owns the layer; only publishers publish and refuse. Who is bounded to an area
does not review: a file is published whole, and may reach beyond it. Runs as the owner of the database, as publishing does.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis.errors import Forbidden, NotFound, Unauthenticated
from gis.model.access import Decision
from gis.model.actor import PUBLIC
from gis.model.change import Stage
from gis.model.layer import Layer
from gis.store.publish import publish
from gis.store.review import (
    LONGEST_PAGE,
    Finding,
    Record,
    Work,
    findings,
    on_connection,
    records,
    waiting,
    waiting_stage,
)
from gis.store.stage import no_such_stage, refuse
from services.auth.policy import Action, decide, may
from services.auth.trail import GROUND
from services.ogc.answers import NO_STORE, document
from services.ogc.ask import Ask, ask
from services.ogc.datetimes import instant_text
from services.ogc.negotiation import GEOJSON, JSON
from services.ogc.parameters import MAX_BIGINT, limit, whole
from services.review.sentences import columns_of, message, shown_fields

PAGE = 200
NAME = r"s[0-9]{1,9}"

_NAME = re.compile(NAME)
_AFTER = ("after", "limit")


async def changesets(request: Request) -> Response:
    """GET /changesets: what waits in the layers of the caller, oldest first."""
    asked = ask(request, (JSON,))
    layers = reviewed(asked)
    found = await run(asked, lambda connection: waiting(connection, [layer.id for layer in layers]))
    told = {"staged": [_stage(asked, stage) for stage in found], "links": [link("self", asked.url)]}
    return document(asked, told, headers=NO_STORE)


async def changeset(request: Request) -> Response:
    """GET /changesets/{name}: one that waits."""
    asked = ask(request, (JSON,))
    stage, _, _ = await _waiting(asked, request)
    return document(asked, _stage(asked, stage), headers=NO_STORE)


async def changeset_records(request: Request) -> Response:
    """GET /changesets/{name}/records: features with what they are to become, and what they are, side by side."""
    asked = ask(request, (GEOJSON,), _AFTER)
    after, most = _page(asked)
    stage, layer, decision = await _waiting(asked, request)
    fields = [field.name for field in layer.fields if field.name in decision.columns]
    found = await run(asked, lambda connection: records(connection, layer, stage.id, fields, after, most + 1))
    features = [_record(record) for record in found[:most]]
    return _collection(asked, features, found[most - 1].row if len(found) > most else None)


async def changeset_findings(request: Request) -> Response:
    """GET /changesets/{name}/findings: what was withheld (`error`) or is to be looked at (`warning`), with its place."""
    asked = ask(request, (GEOJSON,), _AFTER)
    after, most = _page(asked)
    stage, layer, decision = await _waiting(asked, request)
    found = await run(asked, lambda connection: findings(connection, stage, after, most + 1))
    shown = shown_fields(layer, decision.columns, columns_of(stage))
    features = [_finding(finding, message(asked, finding, layer, shown)) for finding in found[:most]]
    return _collection(asked, features, found[most - 1].number if len(found) > most else None)


async def publish_changeset(request: Request) -> Response:
    """POST /changesets/{name}/publish: all of it or nothing; in the caller's name."""
    asked = ask(request, (JSON,))
    stage, layer, _ = await _waiting(asked, request, Action.PUBLISH)
    number = await _write(asked, lambda connection: publish(connection, stage.id, layer, asked.actor.id))
    return document(asked, {"name": stage.name, "state": "published", "changeset": number}, headers=NO_STORE)


async def refuse_changeset(request: Request) -> Response:
    """POST /changesets/{name}/refuse: nothing of it is published."""
    asked = ask(request, (JSON,))
    stage, _, _ = await _waiting(asked, request, Action.PUBLISH)
    await _write(asked, lambda connection: refuse(connection, stage.id))
    return document(asked, {"name": stage.name, "state": "refused", "changeset": None}, headers=NO_STORE)


def reviewed(asked: Ask) -> list[Layer]:
    """The layers whose changesets the caller may look at."""
    actor = asked.actor
    if actor is PUBLIC:
        raise Unauthenticated(
            "Sign in with a key of the agency that owns the data to review what waits.",
            "Hãy đăng nhập bằng khoá của cơ quan quản lý dữ liệu để xem các lần cập nhật đang chờ.",
        )
    layers = [layer for layer in asked.services.catalog.layers.values() if may(actor, Action.EDIT, layer)]
    if not layers or actor.area is not None:
        raise Forbidden(
            "Changesets are reviewed by editors and publishers of the agency that owns the layer, in the whole city.",
            "Việc duyệt các lần cập nhật dành cho người sửa, người công bố của cơ quan quản lý lớp, trên toàn địa bàn.",
        )
    return layers


async def _waiting(asked: Ask, request: Request, action: Action = Action.EDIT) -> tuple[Stage, Layer, Decision]:
    """The changeset of the path, its layer, and what the caller may see of it; NotFound also for that of other agencies."""
    layers = {layer.id: layer for layer in reviewed(asked)}
    name = str(request.path_params["name"])
    if not _NAME.fullmatch(name):
        raise NotFound(
            f"'{name[:40]}' is not the name of a staged changeset, such as s12.",
            f"'{name[:40]}' không phải tên lần cập nhật đang chờ, ví dụ s12.",
        )
    stage = await run(asked, lambda connection: waiting_stage(connection, int(name[1:])))
    layer = layers.get(stage.layer)
    if layer is None:
        raise no_such_stage(stage.id)  # in the same words, so that nobody learns that there is one
    request.scope[GROUND] = {"changeset": stage.name}
    return stage, layer, decide(asked.actor, action, layer)


async def run[T](asked: Ask, work: Work[T]) -> T:
    """Reads on a thread, which keeps nobody else waiting; as the owner of the database. QueryTimeout where it takes too long."""
    return await asyncio.to_thread(on_connection, _dsn(asked), work, asked.services.settings.statement_timeout_ms)


async def _write[T](asked: Ask, work: Work[T]) -> T:
    """As `run`, for as long as it takes: a whole file is published at once."""
    return await asyncio.to_thread(on_connection, _dsn(asked), work)


def _dsn(asked: Ask) -> str:
    url = asked.services.settings.database_url
    assert url is not None
    return url.get_secret_value()


def _page(asked: Ask) -> tuple[int, int]:
    return whole(asked.parameters, "after", MAX_BIGINT) or 0, limit(asked.parameters, PAGE, LONGEST_PAGE)


def _stage(asked: Ask, stage: Stage) -> dict[str, object]:
    ground, layer = stage.provenance, asked.services.catalog.layers[stage.layer]
    here = f"/changesets/{stage.name}"
    publishes = may(asked.actor, Action.PUBLISH, layer)
    links = [
        link("self", asked.href(here)),
        link("records", asked.href(f"{here}/records")),
        link("findings", asked.href(f"{here}/findings")),
    ]
    actions = [link(rel, asked.href(f"{here}/{rel}")) for rel in ("publish", "refuse")] if publishes else []
    return {
        "name": stage.name,
        "layer": stage.layer,
        "layerTitle": asked.say(layer.title),
        "title": ground.title,
        "actor": ground.actor,
        "created": instant_text(stage.created_at),
        "counts": stage.counts,
        "document": ground.document,
        "documentDate": ground.document_date,
        "source": None if ground.source is None else ground.source.name,
        "links": [*links, *actions],
    }


def _record(record: Record) -> bytes:
    told = {
        "operation": record.operation,
        "feature": record.id,
        "source_row": record.source_row,
        "valid_from": record.valid_from,
        "valid_to": record.valid_to,
        "before": record.before,
        "after": record.after,
        "changed": record.changed,
        "moved": record.moved,
    }
    shown = record.after_shape if record.after is not None else record.before_shape
    return b'{"type":"Feature","id":%d,"geometry":%b,"geometryBefore":%b,"properties":%b}' % (
        record.row, (shown or "null").encode(), (record.before_shape or "null").encode(), orjson.dumps(told)
    )  # fmt: skip


def _finding(finding: Finding, sentence: str) -> bytes:
    told = {
        "source_row": finding.source_row,
        "severity": finding.severity,
        "reason": finding.reason,
        "message": sentence,
        "responsible": finding.responsible,
    }
    return b'{"type":"Feature","id":%d,"geometry":%b,"properties":%b}' % (
        finding.number, (finding.shape or "null").encode(), orjson.dumps(told)
    )  # fmt: skip


def _collection(asked: Ask, features: Sequence[bytes], after: int | None) -> Response:
    links = [link("self", asked.url)]
    if after is not None:
        links.append(link("next", asked.again(after=str(after))))
    head = orjson.dumps({"type": "FeatureCollection", "numberReturned": len(features), "links": links})
    return document(asked, head[:-1] + b',"features":[%b]}' % b",".join(features), headers=NO_STORE)


def link(rel: str, address: str) -> dict[str, str]:
    """A link of an answer."""
    return {"rel": rel, "type": JSON.media_type, "href": address}


ROUTES = [
    Route("/changesets", changesets),
    Route("/changesets/{name}", changeset),
    Route("/changesets/{name}/records", changeset_records),
    Route("/changesets/{name}/findings", changeset_findings),
    Route("/changesets/{name}/publish", publish_changeset, methods=["POST"]),
    Route("/changesets/{name}/refuse", refuse_changeset, methods=["POST"]),
]
