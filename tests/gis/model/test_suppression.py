"""What would tell of few cases by subtraction is withheld as well."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gis.model.disclosure import LEAST
from gis.model.suppression import across, beside, safe, together

CELLS = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 60), max_size=10)


def few(cases: dict[str, int]) -> set[str]:
    return {key for key, count in cases.items() if 0 < count < LEAST}


def left_by_subtraction(cases: dict[str, int], withheld: frozenset[str], rest: int = 0) -> int:
    """What somebody has who takes all published cells from the total."""
    return sum(cases.values()) + rest - sum(count for key, count in cases.items() if key not in withheld)


def test_a_single_ward_of_few_takes_the_smallest_other_one_with_it() -> None:
    assert beside({"a": 4, "b": 30, "c": 12}, {"a"}) == {"a", "c"}


def test_two_of_few_that_are_few_together_take_a_third_one() -> None:
    assert beside({"a": 1, "b": 2, "c": 40, "d": 50}, {"a", "b"}) == {"a", "b", "c"}
    assert beside({"a": 5, "b": 6, "c": 40}, {"a", "b"}) == {"a", "b"}


def test_where_nothing_is_withheld_nothing_has_to_be() -> None:
    assert beside({"a": 11, "b": 30}, set()) == frozenset()


def test_shares_that_leave_few_of_no_published_use_are_withheld_until_they_do_not() -> None:
    assert beside({"houses": 40, "fields": 20}, set(), rest=3) == {"fields"}
    assert beside({"houses": 40, "fields": 20}, set(), rest=10) == frozenset()


@given(CELLS, st.integers(0, 30))
def test_what_is_left_of_a_total_is_nothing_or_of_several_and_many_or_all_is_withheld(
    cases: dict[str, int], rest: int
) -> None:
    withheld = beside(cases, few(cases), rest)
    assert few(cases) <= withheld
    left = left_by_subtraction(cases, withheld, rest)
    published = {key for key, count in cases.items() if count and key not in withheld}
    assert left == 0 or left >= LEAST or not published
    hidden = [key for key in withheld if cases[key]]
    assert len(hidden) != 1 or rest > 0 or not published


@given(CELLS)
def test_nothing_is_withheld_beyond_need_and_always_the_same(cases: dict[str, int]) -> None:
    withheld = beside(cases, few(cases))
    assert withheld == beside(dict(reversed(cases.items())), few(cases))
    more = sorted((cases[key], key) for key in withheld - few(cases))
    if more:
        assert not safe(cases, withheld - {more[-1][1]})  # the last one was needed


def test_of_a_ward_that_two_former_ones_became_both_of_these_are_withheld_if_one_is() -> None:
    assert across(({"west": 12, "east": 4}, {"new": 16}), ({"east"}, set())) == ({"west", "east"}, frozenset())


def test_a_former_ward_of_few_that_alone_became_a_ward_takes_its_successor_with_it() -> None:
    # The successor is drawn a little wider and has one case more: published it would tell of the other.
    assert across(({"old": 9}, {"new": 10}), ({"old"}, set())) == ({"old"}, {"new"})


@given(CELLS, st.data())
def test_one_side_of_a_common_ground_never_tells_of_a_single_ward_of_the_other(
    old: dict[str, int], data: st.DataObject
) -> None:
    """New wards each made of some old ones, so that the totals of both sides are equal."""
    into = {key: data.draw(st.sampled_from("XYZ")) for key in old}
    new = {name: sum(old[key] for key in old if into[key] == name) for name in set(into.values())}
    for name, total in new.items():
        parts = {key: old[key] for key in old if into[key] == name}
        (kept_old, kept_new) = across((parts, {name: total}), (few(parts), few({name: total})))
        if name not in kept_new and total:
            left = left_by_subtraction(parts, kept_old)
            assert left == 0 or (left >= LEAST and len([key for key in kept_old if parts[key]]) > 1)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("PQRSTU")), max_size=12))
def test_what_hangs_together_is_in_one_group_and_nothing_is_in_two(pairs: list[tuple[str, str]]) -> None:
    groups = together(pairs)
    for one, other in pairs:
        assert [one in a for a, _ in groups] == [other in b for _, b in groups]
    for side in (0, 1):
        members = [key for group in groups for key in group[side]]
        assert len(members) == len(set(members)) == len({pair[side] for pair in pairs})


GREAT = {"great": (1010.0, (1000.0, 1.0)), "tiny": (20.0, (20.0, 0.0)), "many": (900.0, (60.0, 60.0))}


def test_a_sum_of_one_great_part_is_not_hidden_behind_a_tiny_one() -> None:
    # Both together are 1030, of which the owner of 20 would know 1000 to within 1 %.
    cases = {"great": 12, "tiny": 1, "many": 40}
    assert safe(cases, {"great", "tiny"})
    assert not safe(cases, {"great", "tiny"}, sums=GREAT)
    assert beside(cases, {"great"}, sums=GREAT) == {"great", "tiny", "many"}


def test_nor_is_it_on_the_other_side_of_a_common_ground() -> None:
    parts, whole = {"great": 12, "tiny": 1, "many": 40}, {"new": 53}
    sums = GREAT, {"new": (1930.0, (1000.0, 60.0))}
    mine, others = across((parts, whole), ({"great", "tiny"}, set()), sums)
    assert (set(mine), set(others)) == ({"great", "tiny", "many"}, set())
