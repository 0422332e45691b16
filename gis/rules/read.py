"""Reads rule packs, from layers/rules/ or from the database's copy; every mistake is reported at once, with file, key and
the mend."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from gis.catalog.problems import Place
from gis.catalog.table import read_text
from gis.errors import DefinitionError
from gis.rules.derive import inputs_for
from gis.rules.examples import check_examples
from gis.rules.pack import Pack, Packs
from gis.rules.pack_check import check_pack
from gis.rules.pack_file import read_pack


def read_packs(folder: Path) -> Packs:
    """The packs of the folder, by id: see `read_texts`."""
    problems: list[str] = []
    found = {path.name: read_text(path, _place(path.name, problems)) for path in sorted(folder.glob("*.toml"))}
    if problems:
        raise DefinitionError(problems)
    return read_texts({name: content for name, content in found.items() if content is not None})


def read_texts(texts: Mapping[str, str]) -> Packs:
    """The packs by id, from the contents of their files by name (`<id>.toml`). Their worked examples are run; one that
    differs stops the reading.

    Raises DefinitionError with one line for every mistake in any of the files.
    """
    problems: list[str] = []
    if not texts:
        Place("rules", problems).add("holds no rule packs; give the folder with the .toml files")
    found = (_checked(name, texts[name], _place(name, problems)) for name in sorted(texts))
    packs = [pack for pack in found if pack is not None]
    if problems:
        raise DefinitionError(problems)
    inputs_for(packs)
    return Packs(tuple(packs), _digest(texts))


def _place(name: str, problems: list[str]) -> Place:
    return Place(f"rules/{name}", problems)


def _checked(name: str, content: str, place: Place) -> Pack | None:
    before = len(place.lines)
    pack = read_pack(name.removesuffix(".toml"), content, place)
    if pack is None:
        return None
    if len(place.lines) == before:
        check_pack(pack, place)
    if len(place.lines) == before:
        check_examples(pack, place)
    return pack


def _digest(texts: Mapping[str, str]) -> str:
    """SHA-256 over names and contents, whatever their line ends."""
    digest = hashlib.sha256()
    for name in sorted(texts):
        content = texts[name].replace("\r\n", "\n").encode()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
