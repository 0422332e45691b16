"""Whatever ingest raises on purpose, it says in Vietnamese too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).resolve().parents[3] / "gis/ingest").glob("*.py"))
ERRORS = {"IngestError", "Undecided"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_error_of_ingest_has_a_vietnamese_sentence(path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    raised = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ERRORS]
    assert not [f"{path.name}:{call.lineno}" for call in raised if len(call.args) < 2]
