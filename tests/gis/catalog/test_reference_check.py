from __future__ import annotations

from typing import Any

import pytest

from gis.model.layer import Reference

FILE = "layers/lots/layer.toml: fields.sheet.references: "
PLACE = 'aliases = ["SoTo", "So_to"]'

TOWNS = """\
id = "towns"
title = { vi = "Thị trấn", en = "Towns" }
description = { vi = "Các thị trấn", en = "All towns" }
update_rhythm = { vi = "Hằng ngày", en = "Daily" }
owner = "Sở"
licence = "CC BY 4.0"
identity = ["county", "number", "code"]

[geometry]
type = "MultiPolygon"

[fields.code]
type = "text"
title = { vi = "Mã", en = "Code" }

[fields.county]
type = "text"
title = { vi = "Huyện", en = "County" }

[fields.number]
type = "integer"
title = { vi = "Số", en = "Number" }

[fields.name]
type = "text"
title = { vi = "Tên", en = "Name" }

[fields.mayor]
type = "text"
title = { vi = "Chủ tịch", en = "Mayor" }
access = "restricted"
table = "mayors"

[fields.lot]
type = "text"
title = { vi = "Lô", en = "Lot" }
references = "lots.sheet/number"
"""


@pytest.fixture
def towns(definitions: Any) -> Any:
    definitions.write("towns/layer.toml", TOWNS)
    return definitions


def test_layers_may_refer_to_each_other_and_to_themselves(towns: Any) -> None:
    towns.change("lots/layer.toml", PLACE, 'references = "towns.code"')
    towns.change("lots/layer.toml", 'role = "label"\n', 'references = "lots.number"\n')
    layers = towns.read().layers
    assert layers["lots"].field("sheet").references == Reference("towns", ("code",))
    assert layers["lots"].field("number").references == Reference("lots", ("number",))
    assert str(layers["towns"].field("lot").references) == "lots.sheet/number"


@pytest.mark.parametrize(
    ("reference", "line"),
    [
        ('"twons.code"', "no layer 'twons'; did you mean 'towns'?"),
        ('"towns.cod"', "no field 'cod' in layer towns; did you mean 'code'?"),
        ('"towns.name"', "'towns.name' is not part of what identifies a feature of towns (county, number, code); take"),
        ('"towns.mayor"', "'towns.mayor' is restricted, and what is found there would tell of it; take another"),
        ('"towns.number/code"', "'towns.number' is integer, the values of this field are text; change one of them"),
        ('"towns.county"', "names many features of towns at once; add 'code', which tells them apart"),
        ('"towns.code/code"', "'code' stands 2 times; keep one"),
        ('"towns"', "'towns' is not of the form layer.field; write one like \"wards.code\", or"),
        ('"towns."', "'towns.' is not of the form layer.field; write one"),
        ('"towns.county//code"', "'towns.county//code' is not of the form layer.field; write one"),
        ('["towns.code"]', "is a list"),
    ],
)
def test_a_wrong_reference_is_told_with_file_key_and_mend(towns: Any, reference: str, line: str) -> None:
    towns.change("lots/layer.toml", PLACE, f"references = {reference}")
    problems = towns.problems()
    assert len(problems) == 1
    assert problems[0].startswith(FILE + line) or reference.startswith("[")
    assert problems[0].startswith(FILE)


def test_a_number_with_decimals_refers_to_nothing(towns: Any) -> None:
    towns.change("lots/layer.toml", 'unit = "m2"', 'unit = "m2"\nreferences = "towns.code"')
    place = "layers/lots/layer.toml: fields.area.references"
    assert towns.problems() == [f"{place}: is for integer, text, text[], not for number; remove it"]


def test_of_a_layer_that_cannot_be_read_nothing_more_is_said(towns: Any) -> None:
    towns.change("lots/layer.toml", PLACE, 'references = "towns.code"')
    towns.write("towns/layer.toml", "id = ")
    problems = towns.problems()
    assert len(problems) == 1
    assert problems[0].startswith("layers/towns/layer.toml: not valid TOML")
