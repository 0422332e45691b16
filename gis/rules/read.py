"""Reads layers/rules/ into packs; every mistake is reported at once, with file, key and the mend."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from gis.catalog.problems import Place
from gis.errors import DefinitionError
from gis.rules.derive import inputs_for
from gis.rules.examples import check_examples
from gis.rules.pack import Pack, Packs
from gis.rules.pack_check import check_pack
from gis.rules.pack_file import read_pack


def read_packs(folder: Path) -> Packs:
    """The packs of the folder, by id. Their worked examples are run; one that differs stops the reading.

    Raises DefinitionError with one line for every mistake in any of the files.
    """
    problems: list[str] = []
    paths = sorted(folder.glob("*.toml"))
    packs = []
    if not paths:
        Place(folder.name, problems).add("holds no rule packs; give the folder with the .toml files")
    for path in paths:
        pack = _checked(path, Place(f"{folder.name}/{path.name}", problems))
        if pack is not None:
            packs.append(pack)
    if problems:
        raise DefinitionError(problems)
    inputs_for(packs)
    return Packs(tuple(packs), _digest(paths))


def _checked(path: Path, place: Place) -> Pack | None:
    before = len(place.lines)
    pack = read_pack(path, place)
    if pack is None:
        return None
    if len(place.lines) == before:
        check_pack(pack, place)
    if len(place.lines) == before:
        check_examples(pack, place)
    return pack


def _digest(paths: Sequence[Path]) -> str:
    """SHA-256 over names and contents, whatever their line ends."""
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
