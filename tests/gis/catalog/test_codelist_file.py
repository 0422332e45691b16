from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.catalog.codelist_file import COLUMNS, read_codelists
from gis.catalog.codes import holds
from gis.catalog.problems import Place

Broken = Callable[[str, str, str], list[str]]
FILE = "layers/lots/codes.csv: "
DAYS = st.dates(date(2000, 1, 1), date(2000, 1, 12))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("ODT,Đất ở,", "ODT,,", "line 3.vi: is empty; fill it in"),
        ("ODT,Đất ở,", "ODT, Đất ở,", "line 3.vi: ' Đất ở' has space around it; write the bare text"),
        ("ODT,Đất ở,", "ODT,Đất, ở,", "line 3: has 13 cells, must have 12; put a text with commas in quotes"),
        ("residential,PNN", "residential,PNM", "line 3.parent: 'PNM' is not in list land_use; did you mean 'PNN'?"),
        ("residential,PNN", "residential,ODT", "line 3.parent: 'ODT' stands under itself; mend the parent"),
        (",,2024-08-01,HNK", ",,1/8/2024,HNK", "line 5.valid_to: '1/8/2024' is not a day; write yyyy-mm-dd"),
        (
            ",,,2024-08-01,HNK",
            ",,2025-01-01,2024-08-01,HNK",
            "line 5.valid_to: 2024-08-01 is not after valid_from 2025-01-01",
        ),
        ("#ffa0ff", "#FFA0FF", "line 3.color: '#FFA0FF' is not a colour; write #rrggbb in small letters"),
        (",,yes,", ",,ja,", "line 2.group: 'ja' is neither yes nor no; write yes for a group row, else nothing"),
        (
            ",HNK,,,",
            ",HNX,,,",
            "line 5.replaced_by: 'HNX' is no code of this list, or a group row; did you mean 'HNK'?",
        ),
        (
            ",HNK,,,",
            ",PNN,,,",
            "line 5.replaced_by: 'PNN' is no code of this list, or a group row; known: BHK, CQP, HNK, ODT",
        ),
        (
            "2024-08-01,HNK",
            ",HNK",
            "line 5.replaced_by: 'BHK' has no valid_to; a code is replaced on the day on which it",
        ),
        (
            "land_use,HNK,",
            "land_use,HNK,Cũ,Old,,,2024-08-02,,,,,\nland_use,HNK,",
            "line 7.code: 'HNK' of list land_use is valid twice at once; make the periods disjoint",
        ),
        (
            "note_en\n",
            "remark\n",
            "line 1: unknown column 'remark'; known: code, color, en, group, list, note_en, note_vi,",
        ),
        (",Không công bố,", ",,", "line 4.note_vi: is empty; write the note of note_en in this language too"),
        ("land_use,ODT,Đất ở", '"land_use"x,ODT,Đất ở', "not valid CSV: "),
    ],
)
def test_each_mistake_is_named_with_line_and_mend(broken: Broken, old: str, new: str, line: str) -> None:
    found = broken("lots/codes.csv", old, new)
    assert found[0].startswith(FILE + line), found


def test_a_missing_column_is_named(broken: Broken) -> None:
    assert FILE + "line 1: column 'note_en' is missing; add it" in broken("lots/codes.csv", ",note_en\n", "\n")


def test_a_list_has_a_name_that_a_database_can_use(definitions: Any) -> None:
    definitions.write(
        "lots/codes.csv", (definitions.root / "lots/codes.csv").read_text("utf-8").replace("land_use,", "Land,")
    )
    assert definitions.problems()[0] == FILE + (
        "line 2.list: 'Land' is not a name; use a-z, 0-9 and _, beginning with a letter"
    )


def test_a_circle_of_parents_is_found(broken: Broken) -> None:
    found = broken("lots/codes.csv", "land_use,PNN,Phi nông nghiệp,Non-agricultural,,", "land_use,PNN,Phi,Non,CQP,")
    assert found == [
        FILE + "line 2.parent: 'PNN' stands under itself; mend the parent",
        FILE + "line 4.parent: 'CQP' stands under itself; mend the parent",
    ]


def test_a_codes_file_of_a_spreadsheet_begins_with_a_mark(definitions: Any) -> None:
    path = definitions.root / "lots" / "codes.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(definitions.read().codelists["land_use"].codes) == 5


def test_a_codes_file_in_another_encoding_is_refused(definitions: Any) -> None:
    (definitions.root / "lots" / "codes.csv").write_bytes("list,code,é\n".encode("latin-1"))
    assert definitions.problems()[0] == FILE + "not UTF-8 at byte 10; save the file as UTF-8"


@given(
    periods=st.lists(
        st.tuples(st.none() | DAYS, st.none() | DAYS).filter(lambda p: not all(p) or p[0] < p[1]), max_size=4
    )
)
def test_a_code_is_refused_exactly_where_some_day_would_have_it_twice(
    periods: list[tuple[date | None, date | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "codes.csv"
    rows = [f"l,A,a,a,,{start or ''},{end or ''},,,,," for start, end in periods]
    path.write_text("\n".join([",".join(COLUMNS), *rows, ""]), encoding="utf-8")
    problems: list[str] = []
    lists = read_codelists(path, Place("codes.csv", problems))
    codes = lists["l"].codes if rows else ()
    days = [date(1999, 12, 31) + timedelta(days=n) for n in range(15)]
    assert bool(problems) == any(sum(holds(code, day) for code in codes) > 1 for day in days)
