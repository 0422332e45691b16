"""Where a survey comes from: the database as it is now, or a folder that was exported; the parts are the same files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from gis.formats.survey_folder import Files, Survey, read_parts, read_survey
from gis.formats.survey_parts import written
from gis.model.actor import PUBLIC, Actor, Role
from gis.model.layer import Catalog
from gis.ops.table import Table, table
from gis.rules.regulations import PACKS
from gis.store.pools import Pools
from gis.store.regulations import texts_sql
from services.auth.policy import pool_for
from services.permits.survey_reading import CELL, Question, Reader, name_of, part_in, question, reader, squares
from services.processes.process import Json

OWNER = Actor("landmap", Role.ADMIN)
"""The command line reaches the database as its owner, and sees all of every layer."""

_READING_MS = 120_000

type Named = tuple[str, Files]
"""The name of a part, and its files."""


@dataclass(frozen=True, slots=True)
class Source:
    """`parts` comes to one item a square, None where no building stands; there are `count`. `survey` may be asked when all
    parts have been taken. `rules`: names and contents of the rule packs; `on`: the day of which they are asked."""

    rules: tuple[tuple[str, str], ...]
    on: date
    count: int
    parts: Iterator[Named | None]
    survey: Callable[[], Survey]


def of_folder(root: Path) -> Source:
    """An exported survey. IngestError where there is none."""
    survey, parts = read_survey(root)
    named = zip(parts, read_parts(root, parts), strict=True)
    return Source(survey.rules, survey.on, len(parts), iter(named), lambda: survey)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the database: `inputs` as of the process, without a polygon; `public`: only what everybody may see, so
    that what comes of it is what everybody may be told, and no hidden row counts; squares of `cell` metres."""

    inputs: Mapping[str, Json]
    public: bool = False
    cell: float = CELL


@contextmanager
def of_database(dsn: str, catalog: Catalog, wanted: Wanted) -> Iterator[Source]:
    """One state of the database, held until all is read."""
    with asyncio.Runner() as runner:
        held = AsyncExitStack()
        try:
            read, asked, rules = runner.run(_opened(held, dsn, catalog, wanted))
            walked = list(squares(asked))

            def parts() -> Iterator[Named | None]:
                for square in walked:
                    part = runner.run(part_in(read, asked, square))
                    yield None if part is None else (name_of(asked, square), written(part))

            yield Source(
                rules,
                asked.on,
                len(walked),
                parts(),
                lambda: replace(_survey(read, asked, rules), public=wanted.public),
            )
        finally:
            runner.run(held.aclose())


async def _opened(
    held: AsyncExitStack, dsn: str, catalog: Catalog, wanted: Wanted
) -> tuple[Reader, Question, tuple[tuple[str, str], ...]]:
    pools = await Pools.open(dsn, statement_timeout_ms=_READING_MS, time_zone=catalog.territory.time_zone)
    held.push_async_callback(pools.close)
    actor = PUBLIC if wanted.public else OWNER
    source = await held.enter_async_context(pools.reading(pool_for(actor, catalog.layers.values())))
    read = reader(source, catalog, actor)
    asked = await question(read, wanted.inputs, wanted.cell)
    rows = await source.rows(texts_sql(asked.rules.changeset))
    texts = {str(row["path"]): str(row["content"]) for row in rows}
    rules = tuple((path.removeprefix(PACKS), text) for path, text in sorted(texts.items()) if path.startswith(PACKS))
    return read, asked, rules


def _survey(read: Reader, asked: Question, rules: tuple[tuple[str, str], ...]) -> Survey:
    return Survey(
        territory=read.territory.id,
        data_version=read.basis.changeset,
        rules_version=asked.rules.regulations.packs.version,
        instant=asked.instant,
        known_at=read.basis.known_at,
        on=asked.on,
        wards=_told(asked),
        rules=rules,
    )


def _told(asked: Question) -> Table:
    """The wards that are asked about, by code."""
    rows = np.argsort(asked.wards.column("code").astype(str))
    rows = rows[np.isin(asked.wards.column("code")[rows].astype(str), asked.told(set()))]
    columns = {name: asked.wards.column(name)[rows] for name in ("code", "name")}
    return table(columns, asked.wards.geometry[rows], asked.wards.crs)
