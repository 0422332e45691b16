"""Reads layers/ into a Catalog; every mistake is reported at once, with file, key and the mend."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from gis.catalog.codelist_file import read_codelists
from gis.catalog.deadline_file import checked_procedure
from gis.catalog.layer_check import check_layer
from gis.catalog.layer_file import LayerFile, read_layer
from gis.catalog.problems import Place, nearest
from gis.catalog.reference_check import check_references
from gis.catalog.relation_check import check_relation_names
from gis.catalog.style_file import read_style
from gis.catalog.table import read_text
from gis.catalog.territory_file import read_territory, territory_path
from gis.errors import DefinitionError
from gis.model.layer import Catalog, Codelist, Layer, Territory

NOT_LAYERS = frozenset({"territories", "rules", "calendars", "reports"})
"""Folders beside the layers that hold other definitions."""

REGULATIONS = (
    "rules/*.toml",
    "permits/dossier.toml",
    "permits/offices.toml",
    "permits/districts.toml",
    "permits/deadlines.toml",
    "calendars/*.toml",
)
"""Files whose content goes into the database, so that an answer can be given again by the text of its day."""

LAYER_FILES = ("layer.toml", "codes.csv", "style.json")


def read_catalog(root: Path, territory: str) -> Catalog:
    """The layers and codelists of the folder `root`, with the named territory (`root/territories/<territory>.toml`).

    Raises DefinitionError with one line for every mistake in any of the files.
    """
    root, problems = root.resolve(), list[str]()
    folders = _layer_folders(root, Place(root.name, problems))
    land = _territory(root, territory, problems)
    codelists, home = _codelists(folders, Place(root.name, problems))
    files = [_layer(folder, Place(root.name, problems), codelists) for folder in folders]
    _entitle(codelists, home, [file for file in files if file])
    check_references({folder.name: file for folder, file in zip(folders, files, strict=True)})
    layers = [file.layer for file in files if file]
    _check_style_ids(layers, Place(root.name, problems))
    check_relation_names(layers, Place(root.name, problems))
    regulations = _regulations(root, problems)
    checked_procedure(regulations, problems)
    if problems or land is None:
        raise DefinitionError(problems)
    placed = [replace(layer, storage_crs=land.storage_crs) for layer in layers]
    placed.sort(key=lambda layer: (layer.order, layer.id))
    return Catalog(
        layers=MappingProxyType({layer.id: layer for layer in placed}),
        codelists=MappingProxyType(codelists),
        territory=land,
        digest=_digest(root, territory, folders),
        regulations=MappingProxyType(regulations),
    )


def _regulations(root: Path, problems: list[str]) -> dict[str, str]:
    found = {}
    for path in sorted(path for pattern in REGULATIONS for path in root.glob(pattern)):
        name = path.relative_to(root).as_posix()
        content = read_text(path, Place(f"{root.name}/{name}", problems))
        if content is not None:
            found[name] = content
    return found


def _layer_folders(root: Path, place: Place) -> list[Path]:
    if not root.is_dir():
        place.add("no such folder; give the folder that holds the layers")
        return []
    folders = [p for p in sorted(root.iterdir()) if p.is_dir() and p.name not in NOT_LAYERS and p.name[0] not in "._"]
    for folder in folders:
        if not (folder / "layer.toml").is_file():
            _file(place, folder, "layer.toml").add("missing; write it or remove the folder")
    return [folder for folder in folders if (folder / "layer.toml").is_file()]


def _territory(root: Path, territory: str, problems: list[str]) -> Territory | None:
    path = territory_path(root / "territories", territory, Place(f"{root.name}/territories", problems))
    return read_territory(path, Place(f"{root.name}/territories/{path.name}", problems)) if path else None


def _codelists(folders: Sequence[Path], place: Place) -> tuple[dict[str, Codelist], dict[str, str]]:
    """All codelists, and the file that each stands in; their names are unique over the layers, and any layer may use them."""
    lists: dict[str, Codelist] = {}
    home: dict[str, str] = {}
    for folder in folders:
        path, file = folder / "codes.csv", _file(place, folder, "codes.csv")
        for name, codelist in (read_codelists(path, file) if path.is_file() else {}).items():
            if name in lists:
                file.within("list").add(f"'{name}' is already a list of {home[name]}; choose another name")
            else:
                lists[name], home[name] = codelist, file.file
    return lists, home


def _entitle(codelists: dict[str, Codelist], home: Mapping[str, str], files: Sequence[LayerFile]) -> None:
    """Give codelists the titles that stand in the layers which bring them; the others go by the fields that use them."""
    for file in files:
        codes = file.place.file.replace("layer.toml", "codes.csv")
        for name, title in file.codelists.items():
            if home.get(name) == codes:
                codelists[name] = replace(codelists[name], title=title)
            else:
                brought = [each for each, where in home.items() if where == codes]
                file.place.within(f"codelists.{name}").add(f"no list of {codes}; {nearest(name, brought)}")


def _layer(folder: Path, place: Place, codelists: dict[str, Codelist]) -> LayerFile | None:
    file = read_layer(folder, _file(place, folder, "layer.toml"))
    if file is None:
        return None
    check_layer(file, codelists)
    style = folder / "style.json"
    if not style.is_file():
        return file
    parts = read_style(style, file.layer, _file(place, folder, "style.json"))
    return replace(file, layer=replace(file.layer, style=parts))


def _check_style_ids(layers: Sequence[Layer], place: Place) -> None:
    """Ids of style layers are unique over all layers, because one map shows them together."""
    home: dict[object, str] = {}
    for layer in layers:
        for part in layer.style:
            first = home.setdefault(part.get("id"), layer.id)
            if first != layer.id:
                file = Place(f"{place.file}/{layer.id}/style.json", place.lines)
                file.add(f"id '{part.get('id')}' is already one of layer {first}; begin it with '{layer.id}-'")


def _file(place: Place, folder: Path, name: str) -> Place:
    return Place(f"{place.file}/{folder.name}/{name}", place.lines)


def _digest(root: Path, territory: str, folders: Sequence[Path]) -> str:
    """SHA-256 over names and contents of all files read, whatever their line ends."""
    paths = [root / "territories" / f"{territory}.toml", *(folder / name for folder in folders for name in LAYER_FILES)]
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()
