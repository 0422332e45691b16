"""The advisory locks against the SQL that writes their numbers out."""

from __future__ import annotations

import re
from importlib.resources import files

from gis.store.sql import Lock


def test_every_lock_that_a_function_takes_is_listed_for_its_file_alone() -> None:
    taken = {
        path.name: [int(number) for number in re.findall(r"advisory\w*\((\d+)", path.read_text(encoding="utf-8"))]
        for path in (files("gis.store") / "ddl").iterdir()
        if path.name.endswith(".sql")
    }
    assert {name: numbers for name, numbers in taken.items() if numbers} == {
        "audit.sql": [Lock.AUDIT],
        "case_transfer.sql": [Lock.CASES],
        "cases.sql": [Lock.CASES],
        "edit.sql": [Lock.PUBLISH],
    }
