"""A survey in a folder: all that it takes to judge, as GeoParquet by layer and part, so that it can be judged elsewhere.

`survey.json` says what it rests on and has the digests of all other files and of itself; `rules/` holds the rule packs,
`wards.parquet` the wards, and `buildings/`, `parcels/`, `zones/`, `road_lines/` and `complete/` one file a part. A feature that several parts need is in
each of them. All files have mode 0600: they tell of single buildings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from gis.errors import IngestError
from gis.formats.about import GEOMETRY
from gis.formats.private import write_private
from gis.formats.survey_parts import TABLES, packs_of
from gis.formats.survey_tables import described, geoparquet
from gis.model.layer import Text
from gis.ops.table import Table, objects, table

MANIFEST, RULES, WARDS_FILE = "survey.json", "rules", "wards.parquet"
_FORMAT, _KIND = "landmap-survey/2", "landmap-survey/"
_HASH = "hash"
_WARDS = Text("Phường, xã được rà soát", "Wards of the survey")

type Files = Mapping[str, bytes]
"""The files of one part, by the names of its tables."""


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What a survey rests on. `wards`: `code` and `name` of those that it tells of, in the storage CRS; `rules`: names and
    contents of the files of the rule packs; `on`: the day whose rules hold, where the territory lies. `public`: it rests on what
    everybody may see, and tells of wards only."""

    territory: str
    data_version: int
    rules_version: str
    instant: datetime
    known_at: datetime
    on: date
    wards: Table
    rules: tuple[tuple[str, str], ...]
    public: bool = False


class Folder:
    """A survey that is being written to `root`, part by part; `finish` makes it one that can be read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._parts: dict[str, str] = {}
        for name in (*TABLES, RULES):
            (root / name).mkdir(mode=0o700)

    def add(self, part: str, files: Files) -> None:
        """Writes a part."""
        for name, content in files.items():
            write_private(_path(self._root, name, part), content)
        self._parts[part] = _digest(files)

    def finish(self, survey: Survey) -> int:
        """Writes what the parts rest on; how many parts there are."""
        files = {f"{RULES}/{name}": content.encode() for name, content in survey.rules}
        files[WARDS_FILE] = _wards(survey.wards)
        for name, content in files.items():
            write_private(self._root / name, content)
        told: dict[str, Any] = {
            "format": _FORMAT,
            "territory": survey.territory,
            "crs": f"EPSG:{survey.wards.crs}",
            "data_version": survey.data_version,
            "rules_version": survey.rules_version,
            "datetime": survey.instant.isoformat(),
            "knownAt": survey.known_at.isoformat(),
            "day": survey.on.isoformat(),
            "public": survey.public,
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
            "parts": dict(sorted(self._parts.items())),
        }
        told[_HASH] = _digest_of(told)
        write_private(self._root / MANIFEST, json.dumps(told, ensure_ascii=False, indent=1).encode())
        return len(self._parts)


def read_survey(root: Path) -> tuple[Survey, dict[str, str]]:
    """The survey of the folder, and the digests of its parts by their names. IngestError where there is none, or a file of it is
    not as it was exported."""
    told = _manifest(root)
    files = {name: _read(root, name) for name in told["files"]}
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != told["files"][name]:
            raise _damaged(root, name)
    there = {f"{RULES}/{path.name}" for path in (root / RULES).glob("*.toml")}
    for name in sorted(there - files.keys()):
        raise _damaged(root, name)
    rules = tuple(
        (name.removeprefix(f"{RULES}/"), content.decode())
        for name, content in sorted(files.items())
        if name != WARDS_FILE
    )
    if packs_of(rules).version != told["rules_version"]:
        raise _other_version(root)
    rows = pq.read_table(pa.BufferReader(files[WARDS_FILE]))
    wards = table(
        {name: rows[name].to_pylist() for name in ("code", "name")},
        objects(shapely.from_wkb(rows[GEOMETRY].to_pylist())),
        int(told["crs"].removeprefix("EPSG:")),
    )
    survey = Survey(
        told["territory"], told["data_version"], told["rules_version"], datetime.fromisoformat(told["datetime"]),
        datetime.fromisoformat(told["knownAt"]), date.fromisoformat(told["day"]), wards, rules, told["public"],
    )  # fmt: skip
    return survey, told["parts"]


def read_parts(root: Path, parts: Mapping[str, str]) -> Iterator[Files]:
    """The files of each part. IngestError where one is not as it was written."""
    for part, digest in parts.items():
        files = {name: _read(root, f"{name}/{part}.parquet") for name in TABLES}
        if _digest(files) != digest:
            raise _damaged(root, part)
        yield files


def _manifest(root: Path) -> dict[str, Any]:
    try:
        content = (root / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _none(root) from error
    except OSError as error:
        raise _unreadable(root, MANIFEST, error) from error
    try:
        told: dict[str, Any] = json.loads(content)
    except ValueError as error:  # it was cut short, or is not text
        raise _damaged(root, MANIFEST) from error
    if not isinstance(told, dict) or not str(told.get("format")).startswith(_KIND):
        raise _none(root)
    if told["format"] != _FORMAT:
        raise _other_version(root)
    if told.pop(_HASH, None) != _digest_of(told):
        raise _damaged(root, MANIFEST)
    return told


def _read(root: Path, name: str) -> bytes:
    try:
        return (root / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise _damaged(root, name) from error
    except OSError as error:
        raise _unreadable(root, name, error) from error


def _none(root: Path) -> IngestError:
    return IngestError(
        f"{root}: there is no survey in this folder; make one with: landmap survey export {root}",
        f"{root}: thư mục này không có dữ liệu rà soát; hãy xuất bằng: landmap survey export {root}",
        where=str(root),
    )


def _damaged(root: Path, name: str) -> IngestError:
    return IngestError(
        f"{root}: {name} is not as it was exported; export the folder again.",
        f"{root}: {name} không còn như khi xuất; hãy xuất lại thư mục.",
        where=name,
    )


def _unreadable(root: Path, name: str, error: OSError) -> IngestError:
    return IngestError(
        f"{root}: {name} cannot be read ({error.strerror}); look at who may read it, and at the disk.",
        f"{root}: không đọc được {name} ({error.strerror}); hãy xem lại quyền đọc và ổ đĩa.",
        where=name,
    )


def _other_version(root: Path) -> IngestError:
    return IngestError(
        f"{root}: this survey was exported by another version of Landmap; export it again with this one.",
        f"{root}: dữ liệu rà soát này do một phiên bản Landmap khác xuất; hãy xuất lại bằng phiên bản này.",
        where=str(root),
    )


def _path(root: Path, name: str, part: str) -> Path:
    return root / name / f"{part}.parquet"


def _digest(files: Files) -> str:
    """SHA-256 over the files in the order of TABLES."""
    digest = hashlib.sha256()
    for name in TABLES:
        digest.update(hashlib.sha256(files[name]).digest())
    return digest.hexdigest()


def _digest_of(told: Mapping[str, Any]) -> str:
    """SHA-256 of the manifest, but for the member that has it."""
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _wards(wards: Table) -> bytes:
    fields = [pa.field("code", pa.string()), pa.field("name", pa.string()), pa.field(GEOMETRY, pa.binary())]
    columns = [wards.column("code").tolist(), wards.column("name").tolist(), shapely.to_wkb(wards.geometry)]
    schema = described(pa.schema(fields), _WARDS, wards.crs)
    return geoparquet(pa.table(columns, schema=schema), {})
