"""Edits of single features or small batches: read what holds, check as ingest checks, write all of it or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from gis.errors import Ambiguous, ConflictError, Forbidden, LandmapError, NotFound, Stale, Unconditional, Unwritable
from gis.ingest.check import incomplete, parts_named
from gis.ingest.edit_check import problems
from gis.ingest.edit_names import resolved
from gis.ingest.edit_plan import Plan, Planned, Planner
from gis.ingest.edit_references import unknown_references
from gis.ingest.findings import titled
from gis.ingest.reasons import REASONS
from gis.model.access import Decision
from gis.model.edit import ANY, MOST_TOLD, Act, Done, Edit, EditProblem, Outcome, version_tag
from gis.model.layer import Catalog, Layer, Text
from gis.store import edits
from gis.store.levels import AGENCY
from gis.store.pools import Pools, Row, Writing, overtaken


@dataclass(frozen=True, slots=True)
class EditRequest:
    """Who edits what: changes in order, and the decision for each of their layers by its id.

    `reads`: what the actor may see of each layer by its id: of what is referred to no more is told. `lenient`: what is wrong
    with single values of the right type is left out and told, as when a file is loaded. `problems`: what reading the changes
    has found; the rest of them is looked at, so that all is told at once, and nothing is written.
    """

    actor: str
    title: str
    changes: tuple[Edit, ...]
    decisions: Mapping[str, Decision]
    reads: Mapping[str, Decision]
    lenient: bool = False
    problems: tuple[EditProblem, ...] = ()


async def edit(pools: Pools, catalog: Catalog, request: EditRequest) -> Outcome:
    """Make all changes as one changeset, or none of them.

    NotFound (with `feature`) and Forbidden for features that the caller may not change; Stale where one is not the version
    that the caller has seen; Unwritable with all problems, Ambiguous where names are all that is wrong; ConflictError where
    an identity is taken; Busy.
    """
    request = replace(request, changes=tuple(w for w in request.changes if not w.unread >= _ALL))
    olds = await _current(pools, request)
    changes, ambiguous = await resolved(pools, catalog, request.changes)
    parts = []
    for layer, decision, wanted in _by_layer(request, changes):
        planner = Planner(catalog, layer, decision, request.lenient)
        parts.append(_Part(layer, decision, await asyncio.to_thread(planner.plan, wanted, olds)))
    _refuse([*request.problems, *(problem for part in parts for problem in part.plan.errors)], ambiguous, changes)
    warnings = [problem for part in parts for problem in part.plan.warnings]
    for part in parts:
        await _refuse_outside(pools, part)
        warnings += _incomplete(part)
        warnings += await unknown_references(pools, catalog, request.reads, part.layer, part.plan.planned)
    done = {w.index: Done(w.index, w.layer, w.act, w.id, olds[w.index]["version"]) for w in changes if w.id}
    number = None
    if any(part.differing for part in parts):
        async with pools.writing(request.actor, request.title) as writing:
            number = await _written(writing, parts, done)
            for part in parts:
                await _refuse_reached(writing, part)
                warnings += await _repeated(writing, part, lenient=request.lenient)
                warnings += await _overlaps(writing, part)
    told = _placed(warnings, changes)[:MOST_TOLD]
    return Outcome(number, tuple(done[w.index] for w in changes), tuple(told))


_ALL = frozenset({"geometry", "properties"})
"""A change of which neither could be read says nothing."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The changes to one layer."""

    layer: Layer
    decision: Decision
    plan: Plan

    @property
    def differing(self) -> list[Planned]:
        """Those that write anything."""
        return [one for one in self.plan.planned if one.differs]


def _by_layer(request: EditRequest, changes: Sequence[Edit]) -> Iterator[tuple[Layer, Decision, list[Edit]]]:
    layers = {w.layer.id: w.layer for w in changes}
    for layer in layers.values():
        yield layer, request.decisions[layer.id], [w for w in changes if w.layer is layer]


async def _current(pools: Pools, request: EditRequest) -> dict[int, Row]:
    """What holds now, by index of the change; refused where the caller may not change it or has not seen it."""
    found: dict[int, Row] = {}
    for layer, decision, changes in _by_layer(request, request.changes):
        ids = {w.index: w.id for w in changes if w.id is not None}
        if len(set(ids.values())) < len(ids):
            raise Unwritable(
                "A feature is named twice; one request changes a feature once.",
                "Một đối tượng được nêu hai lần; mỗi yêu cầu chỉ sửa một đối tượng một lần.",
            )
        if not ids:
            continue
        rows = await pools.rows(edits.current_sql(layer, list(ids.values()), decision), "staff")
        known = {row["id"]: row for row in rows}
        for wanted in changes:
            if wanted.id is None:
                continue
            row = known.get(wanted.id)
            if row is None or row["level"] < AGENCY:
                raise _absent(layer, wanted.id, row)
            if wanted.seen is None:
                raise _unconditional(wanted)
            if wanted.seen != ANY and version_tag(layer, row["version"]) not in wanted.seen:
                raise _stale(wanted)
            found[wanted.index] = row
    return found


def _absent(layer: Layer, id: UUID, row: Row | None) -> LandmapError:
    """Why the feature cannot be changed: whoever may not know of it does not learn that it is there."""
    if row is not None and row["level"] > 0:
        return Forbidden(
            f"The feature '{id}' lies outside the area of your agency.",
            f"Đối tượng '{id}' nằm ngoài phạm vi của cơ quan bạn.",
        )
    return NotFound(
        f"'{layer.id}' has no feature '{id}' that holds now.",
        f"Bộ dữ liệu '{layer.id}' không có đối tượng '{id}' đang có hiệu lực.",
        where="id",
        feature=(layer.id, str(id)),
    )


def _unconditional(wanted: Edit) -> Unconditional:
    return Unconditional(
        f"Nothing says which version of the feature '{wanted.id}' you change, so somebody else's change might be lost.",
        f"Chưa nêu phiên bản cần sửa của đối tượng '{wanted.id}', nên có thể làm mất thay đổi của người khác.",
        where="seen",
    )


def _stale(wanted: Edit) -> Stale:
    return Stale(
        f"The feature '{wanted.id}' is not the version any more that you have seen. Nothing was written: fetch it again and "
        "repeat the change.",
        f"Đối tượng '{wanted.id}' không còn là phiên bản bạn đã xem. Chưa ghi gì: hãy tải lại đối tượng rồi sửa lại.",
        where="seen",
    )


def _placed(problems: Sequence[EditProblem], changes: Sequence[Edit]) -> list[EditProblem]:
    """The problems in the order of the changes, each with where in the request it lies."""
    of = {wanted.index: wanted for wanted in changes}
    placed = (
        one if one.pointer is not None else replace(one, pointer=of[one.index].pointer_to(one.field))
        for one in problems
    )
    return sorted(placed, key=lambda problem: problem.index)


def _refuse(problems: Sequence[EditProblem], ambiguous: Sequence[EditProblem], changes: Sequence[Edit]) -> None:
    """All that is wrong at once; names that may mean several things are an error of their own if they are all."""
    ordered = _placed([*problems, *ambiguous], changes)
    if not ordered:
        return
    if not problems:
        names = ", ".join(dict.fromkeys(str(problem.field) for problem in ordered))
        raise Ambiguous(
            f"Names that may mean several things, in: {names}. Nothing was written; send one of the candidates.",
            f"Có tên chỉ nhiều thứ khác nhau, ở: {names}. Chưa ghi gì; hãy gửi một trong các lựa chọn.",
            problems=[problem.member() for problem in ordered[:MOST_TOLD]],
        )
    first = ordered[0].text
    count = len(ordered)
    raise Unwritable(
        f"{count} problem(s); nothing was written. The first: {first.en}",
        f"Có {count} lỗi; chưa ghi gì. Lỗi đầu tiên: {first.vi}",
        problems=[problem.member() for problem in ordered[:MOST_TOLD]],
    )


async def _refuse_outside(pools: Pools, part: _Part) -> None:
    """An agency bounded to an area leaves nothing outside of it."""
    moved = [p for p in part.plan.planned if p.reshaped]
    if part.decision.area is None or not moved:
        return
    statement = edits.outside_sql(part.layer, [p.shape for p in moved], part.decision.area.agency)
    rows = await pools.rows(statement, "staff")
    if rows:
        told = ", ".join(str(moved[row["n"] - 1].wanted.index) for row in rows[:20])
        raise Forbidden(
            f"Outside the area of your agency (index: {told}). Nothing was written.",
            f"Nằm ngoài phạm vi của cơ quan bạn (thứ tự: {told}). Chưa ghi gì.",
            where="geometry",
        )


async def _refuse_reached(writing: Writing, part: _Part) -> None:
    """An agency bounded to an area leaves as it is what lies outside of it at another time."""
    if part.decision.area is None or not part.differing:
        return
    indexes = {p.id: p.wanted.index for p in part.differing}
    rows = await writing.rows(edits.reached_sql(part.layer, list(indexes), part.decision))
    if rows:
        told = ", ".join(map(str, sorted(indexes[row["id"]] for row in rows)[:20]))
        raise Forbidden(
            f"The change reaches a time at which the feature lies outside the area of your agency (index: {told}). Nothing "
            "was written.",
            f"Thay đổi kéo sang thời gian mà đối tượng nằm ngoài phạm vi của cơ quan bạn (thứ tự: {told}). Chưa ghi gì.",
        )


async def _written(writing: Writing, parts: Sequence[_Part], done: dict[int, Done]) -> int:
    """Write, and put into `done` which versions hold now; the number of the changeset."""
    await _write(writing, sorted((p for part in parts for p in part.differing), key=lambda p: p.wanted.index))
    number = 0
    for part in parts:
        own = part.differing
        rows = await writing.rows(edits.written_sql(part.layer, [p.id for p in own]))
        number, versions = rows[0]["changeset"], {row["id"]: row["version"] for row in rows}
        for p in own:
            done[p.wanted.index] = Done(p.wanted.index, part.layer, p.wanted.act, p.id, versions.get(p.id))
    return number


async def _write(writing: Writing, planned: Sequence[Planned]) -> None:
    """The edits, in order. The first one takes the publishing lock; from then on nobody else writes."""
    now = None
    for one in planned:
        wanted, layer = one.wanted, one.wanted.layer
        if wanted.act is Act.INSERT:
            await writing.rows(edits.insert_sql(layer, one.id, one.values, one.shape, one.since))
            continue
        if one.since != now:
            await writing.rows(edits.since_sql(one.since))
            now = one.since
        assert one.old is not None
        changeset = one.old["changeset"]
        if wanted.act is Act.DELETE:
            statement = edits.delete_sql(layer, one.id, changeset)
        else:
            statement = edits.update_sql(layer, one.id, changeset, one.values, one.shape)
        if not await writing.rows(statement):
            raise overtaken()


async def _repeated(writing: Writing, part: _Part, *, lenient: bool) -> list[EditProblem]:
    """Identities that other features have for the same time: ConflictError, or warnings if `lenient`."""
    layer = part.layer
    groups: dict[frozenset[str], dict[UUID, Planned]] = {}
    for one in part.differing:
        if _named(layer, one) and one.now(layer.identity[-1]) is not None:
            lacking = frozenset(name for name in _telling(layer) if one.now(name) is None)
            groups.setdefault(lacking, {})[one.id] = one
    found: list[tuple[Planned, UUID]] = []
    for lacking, alike in groups.items():
        rows = await writing.rows(edits.same_identity_sql(layer, list(alike), lacking, part.decision))
        found += [(alike[row["id"]], row["other"]) for row in rows]
    if found and not lenient:
        raise _taken(layer, tuple(dict.fromkeys(str(other) for _, other in found))[:MOST_TOLD])
    return [_told(one.wanted.index, "repeated-key", str(other)) for one, other in found]


def _telling(layer: Layer) -> tuple[str, ...]:
    """The fields that tell its features apart."""
    return (*layer.identity, *layer.stand_ins.values())


def _named(layer: Layer, one: Planned) -> bool:
    """It is new, or is given another identity."""
    return one.wanted.act is not Act.DELETE and (one.old is None or any(name in one.values for name in _telling(layer)))


def _incomplete(part: _Part) -> list[EditProblem]:
    """Warnings where a part of an identity is missing that has no default."""
    layer, named = part.layer, [one for one in part.differing if _named(part.layer, one)]
    lacking = {f.name: [row for row, one in enumerate(named) if one.now(f.name) is None] for f in parts_named(layer)}
    findings = [incomplete(layer, name, np.array(rows)) for name, rows in lacking.items() if rows]
    return [p for one in titled(findings, layer) for p in problems(one, [each.wanted.index for each in named])]


def _taken(layer: Layer, ids: tuple[str, ...]) -> ConflictError:
    names = ", ".join(layer.identity)
    titles = ", ".join(layer.field(name).title.vi for name in layer.identity)
    return ConflictError(
        f"There are features of '{layer.id}' with the same identity ({names}) already: {', '.join(ids[:5])}. Nothing was "
        "written; change those first.",
        f"Đã có đối tượng của '{layer.id}' mang cùng số hiệu ({titles}): {', '.join(ids[:5])}. Chưa ghi gì; hãy sửa đối "
        "tượng đó trước.",
        ids=ids,
    )


async def _overlaps(writing: Writing, part: _Part) -> list[EditProblem]:
    """Warnings where a feature that was drawn anew overlaps others."""
    drawn = {p.id: p for p in part.differing if p.reshaped}
    statement = edits.overlaps_sql(part.layer, list(drawn), part.decision) if drawn else None
    if statement is None:
        return []
    found = []
    for row in await writing.rows(statement):
        detail = f"{row['other']}: {row['area']:.4g} m²"
        found.append(_told(drawn[row["id"]].wanted.index, "overlap", detail))
    return found


def _told(index: int, reason: str, detail: str) -> EditProblem:
    """A warning in the words of ingest."""
    sentence = REASONS[reason].sentence
    text = Text(sentence.vi.replace("{detail}", detail), sentence.en.replace("{detail}", detail))
    return EditProblem(index, None, reason, text)
