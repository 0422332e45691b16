"""What a change makes of a feature: what was sent, over what holds, checked as ingest checks; nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.crs.registry import crs as crs_of
from gis.crs.transform import transform_geometries
from gis.ingest.edit_check import Draft, Sound, examine, same_place
from gis.ingest.geojson import Misread, read_geometry, read_since, read_value
from gis.ingest.uses import main_code
from gis.model.access import Decision
from gis.model.edit import ABSENT, Act, Edit, EditProblem
from gis.model.filter import VALID_FROM, VALID_TO
from gis.model.layer import Catalog, Layer, Role, Text
from gis.model.names import CHANGESET, CLOSED_BY_CHANGESET, VALID_FROM_KNOWN
from gis.store.feature import decimals

TOLD = (VALID_TO, VALID_FROM_KNOWN, CHANGESET, CLOSED_BY_CHANGESET)
"""What answers tell of a feature and nobody sets: it may come back as it was told."""

_ENOUGH = 1_000
"""Problems after which nothing more is looked at."""

type Old = Mapping[str, Any]
"""The row of a feature that holds now (see `gis.store.edits.current_sql`)."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One change as it shall be written. `sound` is None for an end, `values` what differs from `old`.

    `shape`: the new geometry (WKB in the storage CRS) if `reshaped`.
    """

    wanted: Edit
    id: UUID
    old: Old | None
    since: datetime | None
    values: Mapping[str, object] = field(default_factory=dict)
    shape: bytes | None = None
    reshaped: bool = False

    @property
    def differs(self) -> bool:
        """There is something to write."""
        return self.old is None or self.wanted.act is Act.DELETE or self.since is not None or bool(self.values)

    @property
    def place(self) -> bytes | None:
        """Its geometry from then on (WKB in the storage CRS)."""
        if self.reshaped or self.old is None:
            return self.shape
        kept: bytes | None = self.old["shape"]
        return kept

    def now(self, name: str) -> object:
        """Its value of a field from then on."""
        if name in self.values or self.old is None:
            return self.values.get(name)
        kept: object = self.old[name]
        return kept


@dataclass(slots=True)
class Plan:
    """The changes to one layer, and what was found."""

    planned: list[Planned] = field(default_factory=list)
    errors: list[EditProblem] = field(default_factory=list)
    warnings: list[EditProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Planner:
    """What is the same for all changes to a layer. `lenient`: see gis.ingest.edit."""

    catalog: Catalog
    layer: Layer
    decision: Decision
    lenient: bool

    def plan(self, changes: Sequence[Edit], olds: Mapping[int, Old]) -> Plan:
        """All changes to the layer; those with errors count for nothing, and are looked at for what else is wrong."""
        found = Plan()
        drafts: dict[int, tuple[Edit, Draft, datetime | None]] = {}
        for wanted in changes:
            old = olds.get(wanted.index)
            before = len(found.errors)
            if before >= _ENOUGH:
                break
            since = self._since(wanted, old, found)
            if wanted.act is Act.DELETE:
                assert wanted.id is not None
                found.planned.append(Planned(wanted, wanted.id, old, since))
                continue
            draft = self._draft(wanted, old, found)
            told = {str(problem.field) for problem in found.errors[before:]}
            drafts[wanted.index] = wanted, replace(draft, unread=wanted.unread | told), since
        examined = examine(self.catalog, self.layer, [draft for _, draft, _ in drafts.values()], lenient=self.lenient)
        found.errors += examined.errors
        found.warnings += examined.warnings
        for sound in examined.sound:
            wanted, draft, since = drafts[sound.index]
            found.planned.append(self._planned(wanted, draft, since, sound, olds.get(wanted.index)))
        found.planned.sort(key=lambda one: one.wanted.index)
        return found

    def _planned(self, wanted: Edit, draft: Draft, since: datetime | None, sound: Sound, old: Old | None) -> Planned:
        reshaped = not draft.fixed
        values = {name: value for name, value in sound.values.items() if old is None or value != old[name]}
        if reshaped:
            values["survey_crs"] = sound.survey_crs
        shape = shapely.to_wkb(sound.geometry, output_dimension=2) if reshaped and sound.geometry is not None else None
        return Planned(wanted, wanted.id or uuid4(), old, since, values, shape, reshaped)

    def _since(self, wanted: Edit, old: Old | None, found: Plan) -> datetime | None:
        """From when the change holds; None: from now on. What the feature tells already says nothing new."""
        since, sent = wanted.since, wanted.properties.get(VALID_FROM)
        if sent is not None and wanted.act is not Act.DELETE:
            try:
                since = read_since(sent, self.catalog.territory.time_zone)
            except Misread as error:
                found.errors.append(_misread(wanted, VALID_FROM, error))
                return None
            if old is not None and since in (old["starts"], old["told_starts"]):
                return None
        if since is not None and old is not None and old["ends"] is not None and since >= old["ends"]:
            text = Text("Đối tượng hết hiệu lực trước ngày đó.", "The feature does not hold any more by then.")
            found.errors.append(EditProblem(wanted.index, VALID_FROM, "ends-before-it-begins", text))
        return since

    def _draft(self, wanted: Edit, old: Old | None, found: Plan) -> Draft:
        given = self._given(wanted, old, found)
        values = {f.name: given.get(f.name) for f in self.layer.columns}
        if wanted.act is Act.UPDATE and old is not None:
            values = {f.name: old[f.name] for f in self.layer.columns} | given
            values |= dict.fromkeys(self._stale(given, old))
        stored = None if old is None or old["shape"] is None else shapely.from_wkb(old["shape"])
        sent = None if wanted.geometry is ABSENT else self._geometry(wanted, stored, found)
        kept = wanted.geometry is ABSENT if old is not None else False
        if kept or (stored is not None and sent is not None and self._same(stored, sent, wanted.crs)):
            return Draft(wanted.index, values, stored, self.layer.storage_crs, fixed=True)
        return Draft(wanted.index, values, sent, wanted.crs, fixed=old is not None and stored is None and sent is None)

    def _stale(self, given: Mapping[str, object], old: Old) -> list[str]:
        """Codes that followed from a raw text which changes, and were not given with it: they follow anew."""
        raw = self.layer.with_role(Role.CODE_RAW)
        if raw is None or raw.name not in given or given[raw.name] == old[raw.name]:
            return []
        derived = (main_code(self.layer), self.layer.with_role(Role.CODES), self.layer.with_role(Role.CODE_SCHEME))
        return [f.name for f in derived if f is not None and f.name not in given]

    def _given(self, wanted: Edit, old: Old | None, found: Plan) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, value in wanted.properties.items():
            if name in wanted.unread:
                continue
            if name in self.decision.columns:
                try:
                    values[name] = read_value(self.layer.field(name), value)
                except Misread as error:
                    found.errors.append(_misread(wanted, name, error, self.layer.field(name).title))
            elif name == VALID_FROM or (name in TOLD and self._as_told(name, value, old)):
                continue
            else:
                loose = self.lenient and name not in self.layer
                (found.warnings if loose else found.errors).append(_unknown(wanted, name))
        return values

    def _as_told(self, name: str, value: object, old: Old | None) -> bool:
        """It says nothing new: what is told of the feature, or of another one that a new feature is copied from.

        An end is no such thing for a new feature: left out in silence, it would hold for ever.
        """
        if name == VALID_FROM_KNOWN:
            return isinstance(value, bool)
        if old is None:
            return value is None or (name != VALID_TO and type(value) is int)
        if name == CHANGESET:
            return value in (old["changeset"], old["told_changeset"])
        if name == CLOSED_BY_CHANGESET:
            return value is None
        try:
            until = None if value is None else read_since(value, self.catalog.territory.time_zone)
        except Misread:
            return False
        return until in (old["ends"], old["told_ends"])

    def _geometry(self, wanted: Edit, stored: BaseGeometry | None, found: Plan) -> BaseGeometry | None:
        sent = wanted.geometry
        if wanted.act is Act.UPDATE and isinstance(sent, dict) and "type" not in sent and stored is not None:
            sent = {"type": stored.geom_type, **sent}  # a merge patch names what it changes
        try:
            return read_geometry(sent, flipped=crs_of(wanted.crs).axis == "yx")
        except Misread as error:
            found.errors.append(_misread(wanted, "geometry", error))
            return None

    def _same(self, stored: BaseGeometry, sent: BaseGeometry, crs: int) -> bool:
        told = transform_geometries(np.array([stored], dtype=object), self.layer.storage_crs, crs)[0]
        return same_place(told, sent, decimals(crs))


def _misread(wanted: Edit, name: str, error: Misread, title: Text | None = None) -> EditProblem:
    called = title.vi if title is not None else name
    text = Text(f"'{called}': cần {error.text.vi}.", f"'{name}': takes {error.text.en}.")
    return EditProblem(wanted.index, name, "geometry-unreadable" if name == "geometry" else "type", text)


def _unknown(wanted: Edit, name: str) -> EditProblem:
    shown = name[:60]
    text = Text(
        f"'{shown}' không phải là trường ghi được của '{wanted.layer.id}'.",
        f"'{shown}' is no property of '{wanted.layer.id}' that can be written.",
    )
    if name == VALID_TO:
        text = Text(
            "'valid_to': không đặt ngày hết hiệu lực tại đây; hãy bỏ trường này rồi kết thúc đối tượng từ ngày đó.",
            "'valid_to': no end is set here; leave it out, and then end the feature from that day on.",
        )
    return EditProblem(wanted.index, shown, "unknown-property", text)
