"""layers/<id>/codes.csv: the codelists that a layer brings, with the validity of every code."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from gis.catalog.names import name_problem
from gis.catalog.problems import Place, nearest
from gis.model.layer import Code, Codelist, Text

NOTES = ("note_vi", "note_en")
COLUMNS = ("list", "code", "vi", "en", "parent", "valid_from", "valid_to", "replaced_by", "color", "group", *NOTES)
FILLED = ("list", "code", "vi", "en")
GROUP = {"": False, "no": False, "yes": True}

_COLOR = re.compile(r"#[0-9a-f]{6}")


def read_codelists(path: Path, place: Place) -> dict[str, Codelist]:
    """The codelists of one file by name, codes in file order."""
    lists: dict[str, list[tuple[Place, Code]]] = {}
    for line, row in _rows(path, place):
        lists.setdefault(row["list"], []).append((line, _code(row, line)))
    for name, codes in lists.items():
        if problem := name_problem(name, frozenset()):
            codes[0][0].within("list").add(f"'{name}' is {problem}")
        _check(name, codes)
    return {name: Codelist(name, tuple(code for _, code in codes)) for name, codes in lists.items()}


def _rows(path: Path, place: Place) -> Iterator[tuple[Place, Mapping[str, str]]]:
    """Rows that have all columns, with the place of each."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if not _header(header, place):
                return
            for cells in reader:
                line = place.within(f"line {reader.line_num}")
                if len(cells) != len(header):
                    line.add(f"has {len(cells)} cells, must have {len(header)}; put a text with commas in quotes")
                elif not _bad_cells(line, row := dict(zip(header, cells, strict=True))):
                    yield line, row
    except UnicodeDecodeError as error:
        place.add(f"not UTF-8 at byte {error.start}; save the file as UTF-8")
    except csv.Error as error:
        place.add(f"not valid CSV: {error}; mend the quotes")


def _header(header: list[str], place: Place) -> bool:
    for column in header:
        if column not in COLUMNS:
            place.within("line 1").add(f"unknown column '{column}'; {nearest(column, COLUMNS)}")
        elif header.count(column) > 1:
            place.within("line 1").add(f"column '{column}' stands twice; remove one")
    for column in COLUMNS:
        if column not in header:
            place.within("line 1").add(f"column '{column}' is missing; add it")
    return sorted(header) == sorted(COLUMNS)


def _bad_cells(line: Place, row: Mapping[str, str]) -> int:
    """How many cells of the row are not bare text, or empty where they may not be; each is noted."""
    bad = 0
    for column, cell in row.items():
        if cell != cell.strip():
            line.within(column).add(f"{cell!r} has space around it; write the bare text")
        elif not cell and column in FILLED:
            line.within(column).add("is empty; fill it in")
        else:
            continue
        bad += 1
    return bad


def _code(row: Mapping[str, str], line: Place) -> Code:
    valid_from, valid_to = (_day(row[column], line.within(column)) for column in ("valid_from", "valid_to"))
    if valid_from and valid_to and valid_from >= valid_to:
        line.within("valid_to").add(f"{valid_to} is not after valid_from {valid_from}; mend one of them")
    if row["color"] and not _COLOR.fullmatch(row["color"]):
        line.within("color").add(f"'{row['color']}' is not a colour; write #rrggbb in small letters")
    if row["group"] not in GROUP:
        line.within("group").add(f"'{row['group']}' is neither yes nor no; write yes for a group row, else nothing")
    return Code(
        code=row["code"],
        title=Text(vi=row["vi"], en=row["en"]),
        parent=row["parent"] or None,
        valid_from=valid_from,
        valid_to=valid_to,
        color=row["color"] or None,
        group=GROUP.get(row["group"], False),
        note=_note(row, line),
        replaced_by=row["replaced_by"] or None,
    )


def _note(row: Mapping[str, str], line: Place) -> Text | None:
    filled = [column for column in NOTES if row[column]]
    if len(filled) == 1:
        (missing,) = set(NOTES) - set(filled)
        line.within(missing).add(f"is empty; write the note of {filled[0]} in this language too")
    return Text(vi=row["note_vi"], en=row["note_en"]) if filled else None


def _day(cell: str, place: Place) -> date | None:
    try:
        return date.fromisoformat(cell) if cell else None
    except ValueError:
        place.add(f"'{cell}' is not a day; write yyyy-mm-dd")
        return None


def _check(name: str, codes: list[tuple[Place, Code]]) -> None:
    known = {code.code: code for _, code in codes}
    leaves = {code.code for _, code in codes if not code.group}
    for line, code in codes:
        if code.parent is not None and code.parent not in known:
            line.within("parent").add(f"'{code.parent}' is not in list {name}; {nearest(code.parent, known)}")
        elif _in_circle(code, known):
            line.within("parent").add(f"'{code.code}' stands under itself; mend the parent")
        if code.replaced_by is not None:
            _check_replacement(line.within("replaced_by"), code, leaves)
    _check_overlaps(name, codes)


def _in_circle(code: Code, known: Mapping[str, Code]) -> bool:
    parent, seen = code.parent, set[str]()
    while parent is not None and parent in known and parent not in seen:
        if parent == code.code:
            return True
        seen.add(parent)
        parent = known[parent].parent
    return False


def _check_replacement(place: Place, code: Code, leaves: set[str]) -> None:
    if code.replaced_by not in leaves:
        mend = nearest(str(code.replaced_by), leaves)
        place.add(f"'{code.replaced_by}' is no code of this list, or a group row; {mend}")
    if code.valid_to is None:
        place.add(f"'{code.code}' has no valid_to; a code is replaced on the day on which it ends")


def _check_overlaps(name: str, codes: list[tuple[Place, Code]]) -> None:
    counts = Counter(code.code for _, code in codes)
    earlier: dict[str, list[Code]] = {}
    for line, code in codes:
        if counts[code.code] == 1:
            continue
        if any(_overlap(code, other) for other in earlier.setdefault(code.code, [])):
            line.within("code").add(f"'{code.code}' of list {name} is valid twice at once; make the periods disjoint")
        earlier[code.code].append(code)


def _overlap(a: Code, b: Code) -> bool:
    first, last = sorted((a, b), key=lambda code: code.valid_from or date.min)
    return (last.valid_from or date.min) < (first.valid_to or date.max)
