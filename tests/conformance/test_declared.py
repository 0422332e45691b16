"""The classes that /conformance lists, those that have tests here, and those that the README speaks of are the same."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import httpx
import pytest

from tests.conformance.asking import read

pytestmark = pytest.mark.asyncio(loop_scope="session")

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
MODULES = sorted(path.stem for path in HERE.glob("test_*.py") if path.stem != Path(__file__).stem)


def classes_of(module: str) -> set[str]:
    """The classes of a module: its standard and what stands before `__` in the names of its tests."""
    found = importlib.import_module(f"tests.conformance.{module}")
    names = [name for name, _ in inspect.getmembers(found, inspect.iscoroutinefunction) if name.startswith("test_")]
    assert all(re.fullmatch(r"test_[a-z0-9_]+?__[a-z0-9_]+", name) for name in names), module
    return {found.STANDARD + name.removeprefix("test_").split("__")[0].replace("_", "-") for name in names}


async def test_every_declared_class_is_tested_and_every_tested_class_declared(client: httpx.AsyncClient) -> None:
    declared = (await read(client, "/conformance"))["conformsTo"]
    assert set().union(*map(classes_of, MODULES)) == set(declared)


@pytest.mark.parametrize("module", MODULES)
async def test_the_readme_names_the_classes_beside_their_tests(module: str) -> None:
    """A row of its table: the standard with its version, the classes, the file."""
    rows = [
        line for line in README.read_text(encoding="utf-8").splitlines() if f"`tests/conformance/{module}.py`" in line
    ]
    assert len(rows) == 1, f"{module}: one row of the README's table"
    standard, *classes = re.findall(r"`([a-z0-9./-]+)`", rows[0].split("|")[1] + "|" + rows[0].split("|")[2])
    assert {f"http://www.opengis.net/spec/{standard}/conf/{name}" for name in classes} == classes_of(module)
