"""The map of wards in a real Chromium: indicators chosen, ranked, on the map and over time, for the desktop and a phone."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import WEB, Browser, Seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).parent / "web" / "wards.mjs"
JOURNEYS = ("ranks", "chooses", "travels", "former", "phone", "english")
HOUSES = "Tỷ lệ đất ở"


@pytest.fixture(scope="module")
def seen(base: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What a walk through the tool saw. Screenshots lie where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("web_shots"))
    asked = {"base": base, "chromium": browser.chromium, "shots": str(shots)}
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


def _codes(told: Seen) -> list[str]:
    return [row["code"] for row in told["rows"]]


@pytest.mark.parametrize("journey", JOURNEYS)
def test_the_page_reports_no_error(seen: Seen, journey: str) -> None:
    assert seen[journey]["errors"] == []


def test_the_tool_opens_with_wards_ranked_in_levels(seen: Seen) -> None:
    told = seen["ranks"]
    assert (told["title"], told["indicator"], told["set"]) == ("Phường, xã", HOUSES, "Từ 01/7/2025")
    assert told["groups"] == [
        "Giấy phép xây dựng",
        "Sử dụng đất",
        "Công trình so với quy hoạch",
        "Chất lượng dữ liệu",
    ]
    assert told["day"] == told["days"][-1]
    ranks = [row["cells"][0] for row in told["rows"]]
    assert ranks[0] == "1"
    assert all(row["cells"][1].startswith(("Phường ", "Xã ")) for row in told["rows"])
    assert told["legend"][0].startswith("Mức 1: dưới 10%")
    assert any("lần nào hỏi cũng nhận cùng một số" in note for note in told["notes"])


def test_a_ward_chosen_in_the_table_is_marked_and_drawn_over_time(seen: Seen) -> None:
    told = seen["chooses"]["byTable"]
    (chosen,) = [row for row in told["rows"] if row["chosen"]]
    assert f"wards.ward={chosen['code']}" in told["hash"]
    assert told["series"].startswith(chosen["cells"][1] + ": biểu đồ từ ")
    assert told["points"] > 2


def test_a_ward_chosen_on_the_map_is_marked_in_the_table(seen: Seen) -> None:
    told = seen["chooses"]
    first = next(row["code"] for row in told["byTable"]["rows"] if row["chosen"])
    assert told["byMap"][0] == first  # the table brought it to the middle of the map
    assert set(told["byMap"]) - {first}  # and another one lies around it
    assert told["after"]["series"]


def test_buildings_over_the_limits_are_never_called_violations(seen: Seen) -> None:
    told = seen["travels"]["newest"]
    assert told["indicator"] == "Công trình vượt chỉ tiêu hiện hành về mật độ"
    assert "vi phạm" not in json.dumps(seen, ensure_ascii=False).casefold()


def test_a_link_brings_indicator_day_and_ward_back(seen: Seen) -> None:
    earlier, again = seen["travels"]["earlier"], seen["travels"]["again"]
    assert earlier["day"] == earlier["days"][-8]
    assert earlier["indicator"] == "Tỷ lệ đất nông nghiệp"
    assert [row for row in again["rows"] if row["chosen"]]
    assert {key: again[key] for key in ("indicator", "day", "rows", "legend")} == {
        key: earlier[key] for key in ("indicator", "day", "rows", "legend")
    }


def test_days_before_the_reform_are_said_to_be_apportioned(seen: Seen) -> None:
    earlier = seen["travels"]["earlier"]
    assert any("được phân bổ theo vị trí" in note for note in earlier["notes"])
    assert 0 < earlier["hollow"] < earlier["points"]


def test_the_former_wards_are_a_set_of_their_own(seen: Seen) -> None:
    then, now = seen["former"]["then"], seen["former"]["now"]
    assert then["set"] == "Trước 01/7/2025"
    assert len(then["rows"]) > len(seen["ranks"]["rows"])
    assert sorted(_codes(then)) == sorted(_codes(now))
    assert not any("phân bổ" in note for note in then["notes"])
    assert any("phân bổ" in note for note in now["notes"])


def test_on_a_phone_nothing_sticks_out_and_everything_can_be_hit(seen: Seen) -> None:
    told = seen["phone"]
    assert (told["wide"], told["overflow"], told["small"]) == (0, 0, 0)
    assert told["series"]


def test_on_a_phone_the_sheet_leaves_half_of_the_map_and_folds_by_touch_and_key(seen: Seen) -> None:
    told = seen["phone"]
    assert 0.3 < told["open"] < 0.6
    assert told["folded"][0] < 0.12 and told["folded"][1] == "false"
    assert told["again"] == told["open"]


def test_without_a_connection_the_tool_says_so_and_tries_again(seen: Seen) -> None:
    assert "Chưa lấy được chỉ số" in seen["cut"]["said"]
    assert len(seen["cut"]["rows"]) > 0


def test_few_cases_are_not_published_in_either_language(seen: Seen) -> None:
    told = seen["english"]
    assert (told["title"], told["indicator"]) == ("Wards", "Building permits issued, twelve months")
    values = [row["cells"][2] for row in told["rows"]]
    assert "Not published" in values
    numbers = [int(value.split("\u00a0")[0].replace(",", "")) for value in values if "permits" in value]
    assert all(number == 0 or number >= 10 for number in numbers)


def test_few_none_and_unknown_are_three_things_without_a_rank_in_that_order(seen: Seen) -> None:
    kinds = []
    for row in seen["english"]["rows"]:
        rank, _, value, _ = row["cells"]
        order = ("Not published", "0\u00a0permits", "No data")
        kinds.append(0 if rank.isdigit() else 1 + order.index(value.removesuffix(" *Source not declared complete")))
    assert kinds == sorted(kinds)
    assert 1 in kinds


def test_it_says_from_which_data_and_when_the_figures_were_made(seen: Seen) -> None:
    assert re.fullmatch(
        r"Computed at \d\d/\d\d/\d{4} \d\d:\d\d from data up to changeset \d+\.", seen["english"]["standing"]
    )
    assert seen["ranks"]["standing"].startswith("Tính lúc ")


def test_what_is_written_on_the_chart_fits_it_on_a_phone(seen: Seen) -> None:
    assert seen["phone"]["points"] > 2
    assert seen["phone"]["clipped"] == []


def test_the_numbers_can_be_taken_away(seen: Seen) -> None:
    one, every = seen["ranks"]["downloads"]
    assert one.endswith("/collections/indicators/items?f=csv&ward_set=NEW&indicator=share_residential")
    assert every.endswith("/collections/indicators/items?f=csv&ward_set=NEW")
