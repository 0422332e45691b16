"""Writing over HTTP (OGC API - Features - Part 4, and the draft of Part 11): each request is one changeset or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import LandmapError, NotFound
from gis.ingest import edit as edits
from gis.model.access import Decision
from gis.model.actor import Actor
from gis.model.edit import Act, Done, Edit, Outcome
from gis.model.layer import Catalog, Layer, TimeModel
from gis.model.query import ItemQuery
from gis.store.edits import item_state_sql
from gis.store.items import item_sql, items_sql
from services.auth.identify import actor_of
from services.auth.policy import Action, decide, may
from services.dependencies import services_of
from services.ogc.answers import NO_STORE, State, content_crs
from services.ogc.ask import Ask, ask, layer_of, read_parameters
from services.ogc.bodies import (
    GEOJSON_BODIES,
    PATCH_BODIES,
    TRANSACTION_BODIES,
    Preferences,
    content_crs_of,
    preferences,
    read_json,
    seen,
)
from services.ogc.datetimes import parse_begin
from services.ogc.feature_answers import collection_body, encoded, found, identifier_of, item_body
from services.ogc.feature_bodies import Reading, transaction
from services.ogc.history import history_of, item_links, why_absent
from services.ogc.item_tags import item_etag
from services.ogc.methods import answer_options
from services.ogc.negotiation import GEOJSON, JSON
from services.ogc.parameters import ITEM, answer_crs, items_parameters
from services.ogc.refusals import refusals
from services.ogc.selecting import called

_READS = ("GET", "HEAD", "OPTIONS")
_OFFERS = (GEOJSON,)
_POSTS = {"Accept-Post": ", ".join(GEOJSON_BODIES)}
_PUTS = {"Accept": ", ".join(GEOJSON_BODIES)}
_PATCHES = {"Accept-Patch": ", ".join(PATCH_BODIES)}
_TRANSACTS = {"Accept-Post": ", ".join(TRANSACTION_BODIES)}


@refusals(_POSTS)
async def create(request: Request) -> Response:
    """POST /collections/{layer}/items: a Feature, or a FeatureCollection, all of it or nothing."""
    layer, decision = _editable(request)
    asked = ask(request, _OFFERS, ("crs",))
    wishes = preferences(request)
    reading = _reading(request, asked)
    body = await read_json(request, GEOJSON_BODIES)
    wanted = reading.inserts(layer, body)
    work = _Work(asked, layer, decision, wishes)
    outcome = await work.run(wanted, reading)
    if isinstance(body, dict) and body.get("type") == "FeatureCollection":
        return await work.created(outcome)
    return await work.answered(outcome, 201)


@refusals(_PUTS)
async def replace_item(request: Request) -> Response:
    """PUT /collections/{layer}/items/{id}: all that the caller may see of it; what it may not see stays."""
    layer, decision = _editable(request)
    identifier = identifier_of(request, layer)
    asked = ask(request, _OFFERS, ("crs",))
    reading = _reading(request, asked)
    body = await read_json(request, GEOJSON_BODIES)
    wanted = Edit(0, layer, Act.REPLACE, identifier, seen=seen(request))
    return await _change(request, asked, decision, reading.feature(wanted, body), reading)


@refusals(_PATCHES)
async def update_item(request: Request) -> Response:
    """PATCH /collections/{layer}/items/{id}: a JSON Merge Patch of the Feature."""
    layer, decision = _editable(request)
    identifier = identifier_of(request, layer)
    asked = ask(request, _OFFERS, ("crs",))
    reading = _reading(request, asked)
    body = await read_json(request, PATCH_BODIES)
    wanted = Edit(0, layer, Act.UPDATE, identifier, seen=seen(request))
    return await _change(request, asked, decision, reading.patch(wanted, body), reading)


async def _change(request: Request, asked: Ask, decision: Decision, wanted: Edit, reading: Reading) -> Response:
    work = _Work(asked, wanted.layer, decision, preferences(request))
    return await work.answered(await work.run((wanted,), reading), 200)


@refusals({})
async def delete_item(request: Request) -> Response:
    """DELETE /collections/{layer}/items/{id}: it ends now, or with the beginning of the day or instant `datetime`."""
    layer, decision = _editable(request)
    identifier = identifier_of(request, layer)
    asked = ask(request, _OFFERS, ("datetime",))
    since = _instant(asked)
    work = _Work(asked, layer, decision, preferences(request))
    outcome = await work.run((Edit(0, layer, Act.DELETE, identifier, seen=seen(request), since=since),))
    return Response(status_code=204, headers=work.headers(outcome))


@refusals(_TRANSACTS)
async def transact(request: Request) -> Response:
    """POST /transactions: inserts, replaces, updates and deletes in several collections, all or nothing."""
    asked = ask(request, (JSON,))
    catalog = asked.services.catalog
    if not _any_editable(asked.actor, catalog):
        for layer in catalog.layers.values():
            decide(asked.actor, Action.EDIT, layer)  # says why not
    reading = _reading(request, asked)
    wanted = transaction(await read_json(request, TRANSACTION_BODIES), catalog.layers, reading)
    decisions = {w.layer.id: decide(asked.actor, Action.EDIT, w.layer) for w in wanted}
    wishes = preferences(request)
    counted = ", ".join(f"{act} {count}" for act, count in _counts(w.act for w in wanted).items() if count)
    outcome = await _edited(asked, f"OGC API: transaction ({counted})", wanted, decisions, (wishes, reading))
    return Response(
        orjson.dumps(_summary(asked, outcome, wishes)),
        headers={**_kept(outcome), **wishes.applied()},
        media_type=JSON.media_type,
    )


async def options_items(request: Request) -> Response:
    """OPTIONS /collections/{layer}/items, and what no method of it is: what this caller may do."""
    layer, decision = layer_of(request)
    _check_parameters(request, items_parameters(called(request, layer, decision)))
    writes = ("POST",) if _may_edit(request, layer) else ()
    return answer_options(request, (*_READS, *writes), _POSTS if writes else {})


async def options_item(request: Request) -> Response:
    """OPTIONS /collections/{layer}/items/{id}, and what no method of it is: what this caller may do."""
    layer, _ = layer_of(request)
    identifier_of(request, layer)
    _check_parameters(request, ITEM)
    writes = ("PUT", "PATCH", "DELETE") if _may_edit(request, layer) else ()
    return answer_options(request, (*_READS, *writes), _PATCHES if writes else {})


async def options_transactions(request: Request) -> Response:
    """OPTIONS /transactions, and what no method of it is."""
    _check_parameters(request, ())
    allowed = ("OPTIONS", "POST") if _any_editable(actor_of(request), services_of(request).catalog) else ("OPTIONS",)
    return answer_options(request, allowed, _TRANSACTS if "POST" in allowed else {})


def _check_parameters(request: Request, allowed: Collection[str]) -> None:
    """InvalidParameter for those that no method of the address knows. A browser's preflight is not told: nobody would see
    why, while the request that it is about is answered with the reason."""
    if request.method == "OPTIONS" and "access-control-request-method" not in request.headers:
        read_parameters(request.scope["query_string"], allowed)


def _has_versions(layer: Layer) -> bool:
    return layer.time is TimeModel.VERSIONED


def _may_edit(request: Request, layer: Layer) -> bool:
    return _has_versions(layer) and may(actor_of(request), Action.EDIT, layer)


def _any_editable(actor: Actor, catalog: Catalog) -> bool:
    return any(_has_versions(layer) and may(actor, Action.EDIT, layer) for layer in catalog.layers.values())


def _editable(request: Request) -> tuple[Layer, Decision]:
    """The layer of the path, which the caller may edit; nothing of the body is read before that is clear."""
    layer, _ = layer_of(request)
    if not _has_versions(layer):
        raise HTTPException(405, headers={"Allow": ", ".join(_READS)})
    return layer, decide(actor_of(request), Action.EDIT, layer)


async def _edited(
    asked: Ask,
    title: str,
    wanted: tuple[Edit, ...],
    decisions: Mapping[str, Decision],
    meant: tuple[Preferences, Reading | None],
) -> Outcome:
    """Make the changes of one request, with what its reader has found and how it wants them made."""
    catalog, (wishes, reading) = asked.services.catalog, meant
    reads = {layer.id: decide(asked.actor, Action.READ, layer) for layer in catalog.layers.values()}
    problems = tuple(reading.problems) if reading is not None else ()
    request = edits.EditRequest(asked.actor.id, title, wanted, decisions, reads, wishes.lenient, problems)
    try:
        return await edits.edit(asked.services.pools, catalog, request)
    except NotFound as error:
        raise await _told(asked, error, reads) from error


async def _told(asked: Ask, error: NotFound, reads: Mapping[str, Decision]) -> LandmapError:
    """That a feature is not there, as GET tells it."""
    if error.feature is None:
        return error
    name, identifier = error.feature
    at = replace(asked, path=f"/collections/{name}/items/{identifier}")
    return await why_absent(at, asked.services.catalog.layers[name], UUID(identifier), reads[name]) or error


def _reading(request: Request, asked: Ask) -> Reading:
    territory = asked.services.catalog.territory
    return Reading(territory, content_crs_of(request, territory))


def _instant(asked: Ask) -> datetime | None:
    """`datetime` of an end: an instant, or the beginning of a day."""
    text = asked.parameters.get("datetime")
    return None if text is None else parse_begin(text, ZoneInfo(asked.services.catalog.territory.time_zone))


@dataclass(frozen=True, slots=True)
class _Work:
    """One request that edits features of one layer."""

    asked: Ask
    layer: Layer
    decision: Decision
    wishes: Preferences

    async def run(self, wanted: tuple[Edit, ...], reading: Reading | None = None) -> Outcome:
        """Make the changes, which `reading` has read."""
        act = wanted[0].act
        title = f"OGC API: {act} {len(wanted)} in {self.layer.id}"
        return await _edited(self.asked, title, wanted, {self.layer.id: self.decision}, (self.wishes, reading))

    def headers(self, outcome: Outcome) -> dict[str, str]:
        """Of every answer."""
        return {**_kept(outcome), **self.wishes.applied(representation=self.wishes.representation)}

    async def answered(self, outcome: Outcome, status: int) -> Response:
        """The answer about one feature: itself if that is preferred, else warnings if there are any."""
        (done,) = outcome.done
        at = self._at(done)
        query = ItemQuery(self.layer.id, known=outcome.changeset, crs=self._crs())
        pools, sql = self.asked.services.pools, item_sql if self.wishes.representation else item_state_sql
        row = found(await pools.row(sql(self.layer, done.id, query, self.decision), self.decision.pool))
        plain = replace(query, known=None)
        headers = self.headers(outcome)
        headers["Landmap-Data-Version"] = str(row["changeset"])
        if done.act is not Act.REPLACE:  # what was sent is not stored as it is: RFC 9110, 9.3.4
            headers["ETag"] = item_etag(at, self.layer, State.of(row), plain, self.decision, row["version"])
        if status == 201:
            headers["Location"] = at.href(at.path)
        warnings = [problem.member() for problem in outcome.warnings]
        if self.wishes.representation and row["feature"] is not None:
            headers["Content-Crs"] = content_crs(query.crs)
            history = await history_of(at, self.layer, done.id, self.decision)
            links, _ = item_links(at, history, plain, State.of(row))
            body = item_body(at, self.layer, row, links)
            if warnings:  # GET does not answer so, and the tag is that of GET
                headers.pop("ETag", None)
                body = b"".join((body[: body.rindex(b"}")], b',"warnings":', orjson.dumps(warnings), b"}"))
            else:
                headers["Content-Location"] = at.url
            return Response(body, status, headers, GEOJSON.media_type)
        if status == 200 and not warnings:
            return Response(status_code=204, headers=headers)
        told = {"id": str(done.id), "changeset": outcome.changeset, "warnings": warnings}
        return Response(orjson.dumps(told), status, headers, JSON.media_type)

    async def created(self, outcome: Outcome) -> Response:
        """The answer about a batch of new features, in their order."""
        warnings = [problem.member() for problem in outcome.warnings]
        headers = self.headers(outcome)
        if not self.wishes.representation:
            ids = [str(done.id) for done in outcome.done]
            told = {"ids": ids, "changeset": outcome.changeset, "warnings": warnings}
            return Response(orjson.dumps(told), 201, headers, JSON.media_type)
        query = ItemQuery(self.layer.id, known=outcome.changeset, crs=self._crs())
        statement = items_sql(self.layer, [done.id for done in outcome.done], query, self.decision)
        rows = await self.asked.services.pools.rows(statement, self.decision.pool)
        there = {row["id"]: encoded(row["feature"]) for row in rows}
        features = [there.get(done.id) or orjson.dumps({"id": str(done.id)}) for done in outcome.done]
        headers["Content-Crs"] = content_crs(query.crs)
        body = collection_body({"numberReturned": len(features), "warnings": warnings}, features)
        return Response(body, 201, headers, GEOJSON.media_type)

    def _crs(self) -> int:
        return answer_crs(self.asked.parameters, self.asked.services.catalog.territory).code

    def _at(self, done: Done) -> Ask:
        """The request as one for the feature itself, whose address and tag are told."""
        return replace(self.asked, path=f"/collections/{self.layer.id}/items/{done.id}")


def _kept(outcome: Outcome) -> dict[str, str]:
    headers = {**NO_STORE}
    if outcome.changeset is not None:
        headers["Landmap-Data-Version"] = str(outcome.changeset)
    return headers


def _counts(acts: Iterable[Act]) -> dict[Act, int]:
    listed = list(acts)
    return {act: listed.count(act) for act in Act}


_TOTALS = {Act.INSERT: "Inserted", Act.REPLACE: "Replaced", Act.UPDATE: "Updated", Act.DELETE: "Deleted"}


def _summary(asked: Ask, outcome: Outcome, wishes: Preferences) -> dict[str, object]:
    counts = _counts(done.act for done in outcome.done)
    told: dict[str, object] = {
        "semantic": "atomic",
        "changeset": outcome.changeset,
        "summary": {f"total{name}": counts[act] for act, name in _TOTALS.items()},
    }
    if wishes.returns != "minimal":
        for act in Act:
            told[f"{act}Results"] = [
                asked.href(f"/collections/{done.layer.id}/items/{done.id}") for done in outcome.done if done.act is act
            ]
    told["warnings"] = [problem.member() for problem in outcome.warnings]
    return told
