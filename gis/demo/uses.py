"""What the land of each lot is used for: its code before and since 1 August 2024, and the facilities that fill a lot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.demo.city import City
from gis.demo.kinds import Kind
from gis.demo.network import Floats, Ints


@dataclass(frozen=True, slots=True)
class Use:
    """A land use: `raw` under the circulars of 2014, `codes` under Circular 08/2024 (the first is the main one).

    `building` is the use of what stands there (None: nothing), `storeys` the usual range, `function` the zone that
    plans give such land, `title` what a facility is called.
    """

    raw: str
    codes: tuple[str, ...]
    building: str | None
    storeys: tuple[int, int]
    function: str
    title: str | None = None

    @property
    def text(self) -> str:
        """As records write it under Circular 08/2024."""
        return "+".join(self.codes)


_HOUSES, _SCHOOL, _GREEN = "DAT_O_Nhomnhao", "DAT_HTXH_Truonghoc", "DAT_HTXH_Cayxanhcc"

USES: dict[str, Use] = {
    "home": Use("ODT", ("ODT",), "HOUSE", (1, 5), _HOUSES),
    "garden": Use("ODT+CLN", ("ODT", "CLN"), "HOUSE", (1, 3), _HOUSES),
    "orchard": Use("CLN", ("CLN",), None, (0, 0), "DAT_NN_Nongnghiep"),
    "paddy": Use("LUC", ("LUC",), None, (0, 0), "DAT_NN_Nongnghiep"),
    "rice": Use("LUK", ("LUK",), None, (0, 0), "DAT_NN_Nongnghiep"),
    "field": Use("BHK", ("HNK",), None, (0, 0), "DAT_NN_Nongnghiep"),
    "pond": Use("NTS", ("NTS",), None, (0, 0), "DAT_NN_Thuysan"),
    "factory": Use("SKK", ("SKK",), "INDUSTRY", (1, 3), "DAT_SX_Congnghiep"),
    "export": Use("SKT", ("SKK",), "INDUSTRY", (1, 4), "DAT_SX_Congnghiep"),
    "workshop": Use("SKC", ("SKC",), "WAREHOUSE", (1, 2), "DAT_SX_Congnghiep"),
    "shop": Use("TMD", ("TMD",), "COMMERCE", (2, 9), "DAT_Dichvu"),
    "empty": Use("BCS", ("BCS",), None, (0, 0), _HOUSES),
    "office": Use("TSC", ("TSC",), "ADMINISTRATION", (2, 7), "DAT_Coquan", "Trụ sở cơ quan mẫu"),
    "agency": Use("DTS", ("DSK",), "ADMINISTRATION", (2, 5), "DAT_Coquan", "Đơn vị sự nghiệp mẫu"),
    "school": Use("DGD", ("DGD",), "EDUCATION", (2, 4), _SCHOOL, "Trường tiểu học mẫu"),
    "clinic": Use("DYT", ("DYT",), "HEALTH", (2, 6), "DAT_HTXH_Yte", "Trạm y tế mẫu"),
    "market": Use("DCH", ("DCH",), "COMMERCE", (1, 2), "DAT_Dichvu", "Chợ mẫu"),
    "pagoda": Use("TON", ("TON",), "RELIGION", (1, 2), "DAT_Ditich_Tongiao", "Chùa mẫu"),
    "temple": Use("TIN", ("TIN",), "RELIGION", (1, 1), "DAT_Ditich_Tongiao", "Đình mẫu"),
    "relic": Use("DDT", ("DDD",), "CULTURE_SPORT", (1, 2), "DAT_Ditich_Tongiao", "Di tích mẫu"),
    "culture": Use("DVH", ("DVH",), "CULTURE_SPORT", (2, 4), "DAT_HTXH_Vanhoa", "Nhà văn hóa mẫu"),
    "community": Use("DSH", ("DKV",), "CULTURE_SPORT", (1, 2), "DAT_HTXH_Vanhoa", "Trụ sở khu phố mẫu"),
    "sports": Use("DTT", ("DTT",), "CULTURE_SPORT", (1, 2), "DAT_HTXH_Theducthethao", "Sân thể thao mẫu"),
    "park": Use("DKV", ("DKV",), None, (0, 0), _GREEN, "Công viên mẫu"),
    "cemetery": Use("NTD", ("NTD",), None, (0, 0), "DAT_HTKT_Nghiatrang", "Nghĩa trang mẫu"),
    "power": Use("DNL", ("DNL",), "UTILITY", (1, 2), "DAT_HTKT_Hatangkhac", "Trạm biến áp mẫu"),
    "waste": Use("DRA", ("DRA",), "UTILITY", (1, 1), "DAT_HTKT_Hatangkhac", "Trạm trung chuyển rác mẫu"),
    "tower": Use("ODT", ("ODT",), "APARTMENT", (9, 28), "DAT_O_Honhop", "Chung cư mẫu"),
    "mall": Use("TMD", ("TMD",), "COMMERCE", (4, 12), "DAT_Dichvu", "Trung tâm thương mại mẫu"),
    "defence": Use("CQP", ("CQP",), None, (0, 0), "DAT_Quocphong"),
    "police": Use("CAN", ("CAN",), None, (0, 0), "DAT_Anninh"),
}
NAMES = tuple(USES)
LIST = tuple(USES.values())

_LOTS: dict[Kind, dict[str, float]] = {
    Kind.CORE: {"home": 0.74, "shop": 0.22, "office": 0.02, "empty": 0.02},
    Kind.DENSE: {"home": 0.955, "shop": 0.03, "workshop": 0.008, "empty": 0.007},
    Kind.NEW: {"home": 0.9, "shop": 0.04, "empty": 0.06},
    Kind.VILLA: {"home": 0.97, "empty": 0.03},
    Kind.INDUSTRY: {"factory": 0.72, "export": 0.1, "workshop": 0.12, "shop": 0.06},
    Kind.SUBURB: {"home": 0.58, "garden": 0.24, "orchard": 0.12, "field": 0.04, "workshop": 0.02},
    Kind.PADDY: {"paddy": 0.56, "rice": 0.12, "orchard": 0.12, "field": 0.12, "pond": 0.08},
}
_SINGLES: dict[Kind, tuple[str, ...]] = {
    Kind.CORE: ("office", "mall", "school", "culture", "park", "pagoda", "agency", "relic", "clinic", "tower"),
    Kind.DENSE: ("school", "pagoda", "market", "community", "temple", "clinic", "office", "tower", "park"),
    Kind.NEW: ("school", "park", "tower", "market", "clinic", "tower"),
    Kind.VILLA: ("park", "school", "sports"),
    Kind.INDUSTRY: ("power", "waste", "factory"),
    Kind.SUBURB: ("school", "cemetery", "pagoda", "market", "sports", "temple"),
    Kind.PADDY: ("cemetery", "pond", "temple", "power"),
}


def use_of_leaves(city: City) -> Ints:
    """For every leaf that is one lot the number of its use in `LIST`; -1 for the others."""
    rng, cells = city.rng(30), city.leaves.cells
    use = np.full(len(cells), -1, dtype=np.int64)
    for kind, choices in _SINGLES.items():
        here = np.flatnonzero(cells.single & (cells.kind == kind))
        turn = rng.permutation(len(here)) + int(rng.integers(len(choices)))
        use[here] = np.array([NAMES.index(c) for c in choices])[turn % len(choices)]
    kept = np.zeros(len(cells), np.bool_)
    kept[city.today.leaf] = True
    candidates = rng.permutation(np.flatnonzero(cells.single & kept & (cells.kind != Kind.CORE)))
    guarded = 2 + city.parcels // 40_000
    use[candidates[0:guarded:2]] = NAMES.index("defence")
    use[candidates[1:guarded:2]] = NAMES.index("police")
    return use


def use_of_lots(leaf: Ints, kind: Ints, of_leaf: Ints, rng: np.random.Generator) -> Ints:
    """The number in `LIST` of the use of each lot."""
    draw = rng.random(len(leaf))
    use = np.zeros(len(leaf), dtype=np.int64)
    for k, shares in _LOTS.items():
        here = kind == k
        bounds: Floats = np.cumsum(list(shares.values()))[:-1]
        use[here] = np.array([NAMES.index(n) for n in shares])[np.searchsorted(bounds, draw[here], side="right")]
    result: NDArray[np.int64] = np.where(of_leaf[leaf] >= 0, of_leaf[leaf], use)
    return result
