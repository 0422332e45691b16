"""A small, good set of definitions that tests then break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gis.catalog.read import read_catalog
from gis.errors import DefinitionError
from gis.model.layer import Catalog

TERRITORY = """\
id = "town"
title = { vi = "Thị trấn", en = "Town" }
storage_crs = 9210
source_crs = [9210, 4326]
bounds = [106.0, 10.0, 107.0, 11.0]
time_zone = "Asia/Ho_Chi_Minh"
view = [106.5, 10.5, 12]
"""

LAYER = """\
id = "lots"
title = { vi = "Lô", en = "Lots" }
description = { vi = "Các lô", en = "All lots" }
update_rhythm = { vi = "Hằng ngày", en = "Daily" }
owner = "Sở"
licence = "CC BY 4.0"
identity = ["sheet", "number"]

[geometry]
type = "MultiPolygon"

[time]
model = "versioned"

[tiles]
min_zoom = 14
max_zoom = 18
fields = ["number", "use"]

[quality]
gap_width = 0.1

[rows]
default = "all"

[[rows.rules]]
field = "use"
values = ["CQP"]
show = "reduced"
fields = ["number"]
geometry = true

[fields.sheet]
type = "text"
title = { vi = "Số tờ", en = "Sheet" }
aliases = ["SoTo", "So_to"]

[fields.number]
type = "text"
title = { vi = "Số thửa", en = "Number" }
role = "label"
aliases = ["SoThua"]

[fields.use]
type = "text"
title = { vi = "Loại đất", en = "Land use" }
codelist = "land_use"
default = "ODT"

[fields.area]
type = "number"
title = { vi = "Diện tích", en = "Area" }
unit = "m2"
role = "legal_area"
access = "agency"
minimum = 0
maximum = 100

[fields.owner]
type = "text"
title = { vi = "Chủ", en = "Holder" }
access = "restricted"
table = "holders"
"""

CODES = """\
list,code,vi,en,parent,valid_from,valid_to,replaced_by,color,group,note_vi,note_en
land_use,PNN,Phi nông nghiệp,Non-agricultural,,,,,,yes,,
land_use,ODT,Đất ở,Urban residential,PNN,,,,#ffa0ff,,,
land_use,CQP,Quốc phòng,Defence,PNN,,,,#ff6450,,Không công bố,Not published
land_use,BHK,Đất bằng,Flat land,,,2024-08-01,HNK,,,,
land_use,HNK,Hằng năm khác,Other annual crops,,2024-08-01,,,,,,
"""

STYLE = """\
[
  {"id": "lots-fill", "type": "fill", "source-layer": "lots", "minzoom": 14,
   "filter": ["==", ["get", "use"], "ODT"],
   "paint": {"fill-color": ["match", ["get", "use"], "ODT", "#ffa0ff", "#eeeeee"]}},
  {"id": "lots-label", "type": "symbol", "source-layer": "lots", "minzoom": 16, "maxzoom": 20,
   "layout": {"text-field": "{number}", "text-font": ["Noto Sans Regular"]}, "paint": {"text-color": "#000000"}}
]
"""

FILES = {
    "territories/town.toml": TERRITORY,
    "lots/layer.toml": LAYER,
    "lots/codes.csv": CODES,
    "lots/style.json": STYLE,
}


@dataclass(frozen=True)
class Definitions:
    """The folder `layers` of a test."""

    root: Path

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        self.write(file, text.replace(old, new))

    def read(self, territory: str = "town") -> Catalog:
        return read_catalog(self.root, territory)

    def problems(self, territory: str = "town") -> list[str]:
        with pytest.raises(DefinitionError) as raised:
            self.read(territory)
        assert str(raised.value) == "\n".join(raised.value.problems)
        return raised.value.problems


@pytest.fixture
def definitions(tmp_path: Path) -> Definitions:
    made = Definitions(tmp_path / "layers")
    for file, text in FILES.items():
        made.write(file, text)
    return made


@pytest.fixture
def broken(definitions: Definitions) -> Callable[[str, str, str], list[str]]:
    """Change one place of one file; the lines that reading then reports."""

    def change(file: str, old: str, new: str) -> list[str]:
        definitions.change(file, old, new)
        return definitions.problems()

    return change
