"""A survey from end to end: its parts judged here or by a cluster, and what they come to written as files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import orjson

from gis.formats.private import beside, filled, refuse_taken, write_private
from gis.formats.survey_folder import MANIFEST, WARDS_FILE, Files, Folder, Survey
from gis.formats.survey_output import Heaps, write_wards
from gis.formats.survey_parts import Answer, answer
from gis.formats.survey_tables import COLUMNS
from gis.model.disclosure import LEAST
from gis.rules.conformity import STATUSES
from services.ogc.datetimes import instant_text
from services.permits import survey_counts
from services.permits.answer import ADVICE, digest
from services.permits.survey_counts import Counts
from services.permits.survey_source import Named, Source, of_folder
from services.processes.process import Json

_FORMAT = "landmap-survey-result/1"

type Work = Callable[[Files], Answer]
type Judging = Callable[[Work, Iterable[Files]], Iterator[Answer]]
"""Has the work done on each part; the answers may come in any order."""

type Watched = Callable[[Iterator[Named | None], int], Iterable[Named | None]]
"""Shows how far it is; the number is that of all squares."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a survey: counts by ward, how many findings there are, and the digest of it all."""

    survey: Survey
    counts: Mapping[str, Counts]
    findings: int
    hash: str


def here(work: Work, parts: Iterable[Files]) -> Iterator[Answer]:
    """Judges in this process."""
    return map(work, parts)


def export(source: Source, folder: Path, watched: Watched) -> tuple[Survey, int]:
    """Writes all parts to the folder; how many there are."""
    with filled(folder) as making:
        writing = Folder(making)
        for name, files in filter(None, watched(source.parts, source.count)):
            writing.add(name, files)
        survey = source.survey()
        parts = writing.finish(survey)
    return survey, parts


def run(source: Source, judging: Judging, folder: Path, watched: Watched) -> Result:
    """Judges all parts and writes to the folder what they come to: the same files whoever judges, and however many parts
    there are. A public survey tells of wards, and of no small numbers. All files have mode 0600."""
    work = partial(answer, rules=source.rules, on=source.on)
    parts = (files for _, files in filter(None, watched(source.parts, source.count)))
    counts: dict[str, Counts] = {}
    findings = 0
    with filled(folder) as making, tempfile.TemporaryDirectory(dir=making) as aside, Heaps(Path(aside)) as heaps:
        for one in judging(work, parts):
            survey_counts.count(counts, one.found)
            findings += one.found.findings.num_rows
            heaps.add(one.found)
        survey = source.survey()
        told = _written(survey, heaps, counts, making)
    return Result(survey, counts, findings, told)


def run_apart(opened: AbstractContextManager[Source], judging: Judging, folder: Path, watched: Watched) -> Result:
    """As `run`, of a source that is read to its end and closed before anything is judged: a database holds its state no longer
    than reading takes."""
    refuse_taken(folder)
    with beside(folder) as aside:
        with opened as source:
            export(source, aside / "parts", watched)
        return run(of_folder(aside / "parts"), judging, folder, watched)


def _written(survey: Survey, heaps: Heaps, counts: Mapping[str, Counts], folder: Path) -> str:
    rests: dict[str, Json] = {
        "territory": survey.territory,
        "crs": f"EPSG:{survey.wards.crs}",
        "data_version": survey.data_version,
        "rules_version": survey.rules_version,
        "datetime": instant_text(survey.instant),
        "knownAt": instant_text(survey.known_at),
    }
    notes = {name: str(value) for name, value in rests.items()}
    names = dict(zip(survey.wards.column("code").tolist(), survey.wards.column("name").tolist(), strict=True))
    wards = survey_counts.by_ward(names, counts, public=survey.public)
    files = {} if survey.public else heaps.write(folder, survey.wards.crs, notes)
    files[WARDS_FILE] = write_wards(folder / WARDS_FILE, survey.wards, _figures(wards), notes, public=survey.public)
    body: dict[str, Json] = {
        "format": _FORMAT,
        **rests,
        "files": cast("Json", dict(sorted(files.items()))),
        "wards": wards,
        "suppressed_below": LEAST if survey.public else None,
        "advice": ADVICE.both(),
    }
    body["hash"] = digest(body)
    write_private(folder / MANIFEST, orjson.dumps(body, option=orjson.OPT_INDENT_2))
    return str(body["hash"])


def _figures(wards: list[Json]) -> dict[str, dict[str, float | None]]:
    """The counts of each ward as columns."""
    found: dict[str, dict[str, float | None]] = {}
    for ward in cast("list[dict[str, object]]", wards):
        figures: dict[str, float | None] = {"buildings": cast("float | None", ward["buildings"])}
        aspects = cast("dict[str, dict[str, float | None]]", ward["aspects"])
        for aspect, column in COLUMNS.items():
            figures |= {f"{column}_{status}": aspects[aspect][status] for status in STATUSES}
            figures[f"{column}_share_known"] = aspects[aspect]["share_known"]
        found[str(ward["code"])] = figures
    return found
