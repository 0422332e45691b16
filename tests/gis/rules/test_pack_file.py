from __future__ import annotations

from pathlib import Path

import pytest

from gis.errors import DefinitionError
from gis.model.verdict import Status
from gis.rules.evaluate import evaluate
from gis.rules.findings import findings_of
from gis.rules.pack import Packs
from gis.rules.read import read_packs
from tests.gis.rules.town import TODAY, cases, rectangle, theme, themes

PACK = """\
id = "town"
title = { vi = "Quy định thị trấn", en = "Rules of the town" }
version = "3"
document = "QĐ 1/2020"
when = [{ fact = "works", among = ["NEW"] }]

[validity]
from = 2020-01-01

[storeys]
counts = ["tang"]

[[rules]]
id = "height"
title = { vi = "Chiều cao", en = "Height" }
article = "2"
aspect = "height"
kind = "table"
measure = "height_m"
unit = "m"
axes = [{ fact = "road_width", at = [0, 10], read = "bands" }]
values = [12, 15]
extras = [{ values = [0, 3], when = [{ fact = "corner", is = true }] }]
ceiling = [12, 17]

[[rules]]
id = "storeys"
title = { vi = "Số tầng", en = "Storeys" }
article = "3"
aspect = "storeys"
kind = "limit"
measure = "storeys"
unit = "1"
limit = 4

[[rules]]
id = "school"
title = { vi = "Cách trường học", en = "Distance to schools" }
article = "4"
aspect = "distance"
kind = "distance"
measure = "footprint"
unit = "m"
limit = 200
place = { theme = "schools", field = "level", values = ["primary"] }

[[examples]]
title = "13 m at a road of 8 m"
at = 2026-01-01
case = { works = "NEW", height_m = 13, corner = true, storeys_tang = 4 }
fronts = [{ width_m = 8, length_m = 5 }]
measured = { school = 250 }
expect = [
  { rule = "height", status = "fail", measured = 13, limit = 12 },
  { rule = "storeys", status = "pass" },
  { rule = "school", status = "pass", limit = 200 },
]
"""


def read(folder: Path, text: str) -> Packs:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "town.toml").write_text(text, encoding="utf-8")
    return read_packs(folder / "rules")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('id = "town"', 'id = "city"', 'id: is not the file\'s name; write id = "town" or rename the file'),
        ('version = "3"\n', "", "version: missing; add it"),
        ("from = 2020-01-01", 'from = "2020-01-01"', "validity.from: is the text '2020-01-01', must be a day"),
        ("from = 2020-01-01", "form = 2020-01-01", "validity.form: unknown key; did you mean 'from'?"),
        ("from = 2020-01-01", "from = 2020-01-01\nto = 2019-01-01", "validity.to: 2019-01-01 is not after from"),
        ('["tang"]', '["tan"]', "storeys.counts: 'tan' is no kind of storey; did you mean 'tang'?"),
        ('counts = ["tang"]', "", "storeys.counts: missing, but a rule asks for storeys"),
        (
            '"works", among = ["NEW"]',
            '"works", is = true',
            "when[1]: works is a text; compare it with among, and with",
        ),
        ('"works", among', '"front.width_m", above', "when[1].above: is a array, must be a finite number"),
        (
            '"works", among = ["NEW"]',
            '"front.width_m", above = 1',
            "when: front.width_m is not told of the case; put it into the rules",
        ),
        (
            'measure = "height_m"',
            'measure = "hight_m"',
            "rules[1].measure: 'hight_m' is no fact; did you mean 'height_m'",
        ),
        ('measure = "height_m"', 'measure = "use"', "rules[1].measure: use is a text, must be a number"),
        ('aspect = "height"', 'aspect = "heigth"', "rules[1].aspect: 'heigth' is no aspect; did you mean 'height'?"),
        ('kind = "table"', 'kind = "tabel"', "rules[1].kind: is the text 'tabel', must be one of limit, table"),
        ("at = [0, 10]", "at = [10, 0]", "rules[1].axes[1].at: must rise from value to value"),
        ("values = [12, 15]", "values = [12]", "rules[1].values: must have 2 rows of 1; the axes have so many values"),
        ("ceiling = [12, 17]", "ceiling = [11, 17]", "rules[1].ceiling: is below a value of the table"),
        ("ceiling = [12, 17]", "", "rules[1].ceiling: extras and their ceiling belong together"),
        ("values = [0, 3]", "values = [0]", "rules[1].extras[1].values: must have 2 values"),
        (
            '"corner", is = true',
            '"corner", above = 1',
            "rules[1].extras[1].when[1]: corner is a flag; compare it with is",
        ),
        ("ceiling = [12, 17]", "ceiling = [12]", "rules[1].ceiling: must have 2 values, one for each of the first"),
        ("limit = 4", "", "rules[2]: needs exactly one of limit, limit_from and unknown"),
        ("limit = 4", 'limit = 4\nlimit_from = "far"', "rules[2]: needs exactly one of limit, limit_from and unknown"),
        ("limit = 4", "limit = 4\nvalues = [1]", "rules[2].values: is no key of a rule of kind limit; remove it"),
        ('id = "storeys"', 'id = "height"', "rules[2].id: 'height' is another rule of this pack"),
        ('measure = "footprint"', 'measure = "height_m"', "rules[3].measure: 'height_m' has no outline; write lot or"),
        (
            ', field = "level"',
            "",
            "rules[3].place: a field belongs together with values or at_least; give the field with one of them, or none",
        ),
        (
            'place = { theme = "schools", field = "level", values = ["primary"] }',
            "",
            "rules[3].place: missing; name the",
        ),
        ("height_m = 13,", "hight_m = 13,", "examples[1].case.hight_m: is no fact of a case; did you mean 'height_m'?"),
        ("height_m = 13,", 'height_m = "13",', "examples[1].case.height_m: is '13', must be a number"),
        (
            '{ rule = "storeys", status',
            '{ rule = "story", status',
            "examples[1].expect: 'story' is no rule of this pack",
        ),
        (
            "limit = 12 }",
            "limit = 13 }",
            "examples[1].expect height.limit: is 12.0, the example says 13; mend the rule",
        ),
        (
            "height_m = 13,",
            "height_m = 12,",
            "examples[1].expect height: is pass (Height: 12 m, at most 12 m.), the example says fail",
        ),
        ("[[examples]]", "[[exampels]]", "exampels: unknown key; did you mean 'examples'?"),
        ('id = "town"', "id = ", "not valid TOML"),
    ],
)
def test_each_mistake_stops_the_load_with_file_key_and_mend(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert PACK.count(old) >= 1
    with pytest.raises(DefinitionError) as error:
        read(tmp_path, PACK.replace(old, new, 1))
    assert any(problem.startswith(f"rules/town.toml: {line}") for problem in error.value.problems), error.value.problems


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as error:
        read(tmp_path, PACK.replace('measure = "height_m"', 'measure = "x"').replace("limit = 4", ""))
    assert len(error.value.problems) == 2


def test_a_folder_without_packs_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="holds no rule packs"):
        read_packs(tmp_path)


def test_a_pack_needs_examples(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="needs worked examples"):
        read(tmp_path, PACK[: PACK.index("[[examples]]")])


def test_the_version_of_all_packs_changes_with_any_of_them_but_not_with_line_ends(tmp_path: Path) -> None:
    first = read(tmp_path, PACK).version
    assert read(tmp_path, PACK.replace("\n", "\r\n")).version == first
    assert read(tmp_path, PACK.replace('version = "3"', 'version = "4"')).version != first


def test_distance_is_measured_to_the_features_that_are_meant(tmp_path: Path) -> None:
    packs = read(tmp_path, PACK)
    schools = [
        {"geometry": rectangle(0, 165, 10, 10), "level": "primary"},
        {"geometry": rectangle(0, 30, 10, 10), "level": "university"},
    ]
    for complete, far, near in ((True, Status.PASS, Status.FAIL), (False, Status.NO_DATA, Status.FAIL)):
        data = themes(schools=theme(schools, complete=complete))
        table = cases({"footprint": rectangle(0, -100, 5, 16)}, {"footprint": rectangle(0, 0, 5, 14)})
        findings = evaluate(table, data, packs, TODAY)
        found = [next(f for f in findings_of(findings, i) if f.rule == "school") for i in (0, 1)]
        assert [f.status for f in found] == [far, near]
        if complete:
            assert [f.measured for f in found] == [None, 151.0]  # of the far one it is known that nothing is nearer


def test_a_feature_of_unknown_kind_may_be_the_one_that_is_meant(tmp_path: Path) -> None:
    packs = read(tmp_path, PACK)
    for schools in ([{"geometry": rectangle(0, 30, 10, 10), "level": None}], [{"geometry": rectangle(0, 30, 10, 10)}]):
        table = cases({"footprint": rectangle(0, 0, 5, 14)})
        findings = evaluate(table, themes(schools=theme(schools)), packs, TODAY)
        (found,) = [f for f in findings_of(findings, 0) if f.rule == "school"]
        assert (found.status, [m.name for m in found.missing]) == (Status.NO_DATA, ["schools"])


def test_what_law_changes_by_law_is_data_the_packs_of_the_repository_load(packs: Packs) -> None:
    assert [p.id for p in packs.packs] == sorted(p.id for p in packs.packs)
    assert {"qcvn-01-2021", "qcvn-01-2026", "qd-56-2021-pl18", "plan-limits", "road-lines"} <= {
        p.id for p in packs.packs
    }
    assert all(rule.article and rule.title.vi != rule.title.en for p in packs.packs for rule in p.rules)
