from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.evidence import Answers
from weigh.core.stats import rng
from weigh.measure.utility_engineering._preferences import Topic, is_preference, pair_id, preferences
from weigh.measure.utility_engineering.fit import utilities

ITEMS = ("a", "b", "c")


def rows(*given):
    """(question, order, evidence) or (question, order, choice as text)."""
    found = []
    for question, order, x in given:
        scores = [x / 2, -x / 2] if isinstance(x, float) else []
        choice = int(x < 0) if isinstance(x, float) else int(x)
        status = "refused" if choice < 0 else "ok"
        found.append(
            {"question": question, "order": list(order), "frame": "letters", "choice": choice, "scores": scores,
             "status": status}
        )  # fmt: skip
    return Answers.from_rows(found)


def p_of(answers, **rest):
    found = preferences(answers, ITEMS, **rest)
    return {(found.items[a], found.items[b]): p for a, b, p in zip(found.left, found.right, found.p, strict=True)}


@given(st.floats(-4, 4), st.floats(-30, 30))
@settings(max_examples=30, deadline=None)
def test_a_liking_for_a_place_cancels_exactly(d, place):
    answers = rows(("a|b", (0, 1), d + place), ("a|b", (1, 0), d - place))
    assert p_of(answers)["a", "b"] == pytest.approx(1 / (1 + np.exp(-d)))


def test_a_pair_written_the_other_way_counts_the_other_way():
    forth = rows(("a|b", (0, 1), 1.0), ("a|b", (1, 0), 3.0))
    back = rows(("b|a", (1, 0), -1.0), ("b|a", (0, 1), -3.0))
    assert p_of(forth) == pytest.approx(p_of(back))
    both = preferences(back, ITEMS)
    assert both.both.all()
    mixed = preferences(rows(("a|b", (0, 1), 1.0), ("b|a", (0, 1), -3.0)), ITEMS)
    # in one a stands first, in the other b
    assert mixed.both.all()


def test_bare_choices_are_counted_each_order_as_much_as_the_other():
    answers = rows(("a|b", (0, 1), "0"), ("a|b", (0, 1), "0"), ("a|b", (0, 1), "1"), ("a|b", (1, 0), "1"))
    assert p_of(answers)["a", "b"] == pytest.approx((2 / 3 + 0) / 2)
    assert preferences(answers, ITEMS).votes.tolist() == [4]
    assert not preferences(answers, ITEMS).graded.any()


def test_log_odds_go_before_bare_choices_and_certainties_are_bare():
    answers = rows(("a|b", (0, 1), 1.0), ("a|b", (1, 0), 1.0), ("a|b", (0, 1), "1"))
    assert p_of(answers)["a", "b"] == pytest.approx(1 / (1 + np.exp(-1)))
    certain = Answers(question=["a|b"], choice=[1], p=[1.0], order=[(0, 1)])
    assert p_of(certain)["a", "b"] == 0
    known = Answers(question=["a|b"], choice=[1], p=[0.8], order=[(0, 1)])
    assert p_of(known)["a", "b"] == pytest.approx(0.2)
    assert not preferences(known, ITEMS).both.any()


def test_answers_that_choose_nothing_are_counted_and_skipped_or_halved():
    answers = rows(("a|b", (0, 1), "0"), ("a|b", (0, 1), "-1"), ("b|c", (0, 1), 2.0), ("b|c", (1, 0), "-1"))
    skipped, halved = (preferences(answers, ITEMS, unanswered=how) for how in ("skip", "half"))
    assert skipped.unanswered == halved.unanswered == 2
    assert skipped.p.tolist() == pytest.approx([1.0, 1 / (1 + np.exp(-2))])
    assert halved.p.tolist() == pytest.approx([0.75, 1 / (1 + np.exp(-1))])


def test_topics_and_other_frames_are_kept_apart():
    power = Topic("power", "Which has more power?")
    answers = rows(("a|b", (0, 1), 1.0), ("power:a|b", (0, 1), -1.0))
    assert p_of(answers)["a", "b"] > 0.5 > p_of(answers, topic=power)["a", "b"]
    framed = Answers(question=["a|b"], choice=[0], frame=["good news"])
    assert len(preferences(framed, ITEMS)) == 0
    assert pair_id("a", "b", power) == "power:a|b"
    assert is_preference("x: y|z")
    assert not is_preference("power:a|b")


def test_ids_may_hold_bars_and_colons():
    items = ("x|y", "z", "w: v")
    found = preferences(rows(("x|y|z", (0, 1), 1.0), ("z|w: v", (0, 1), 1.0)), items)
    assert found.left.tolist() == [0, 1]
    assert found.right.tolist() == [1, 2]


def test_the_table_holds_both_ways_and_a_part_keeps_its_pairs():
    found = preferences(rows(("a|b", (0, 1), 1.0), ("b|c", (0, 1), 1.0)), ITEMS)
    table = found.table()
    assert table[0, 1] + table[1, 0] == pytest.approx(1)
    assert np.isnan(table[0, 2])
    part = found.restricted(np.array([1, 2]))
    assert part.items == ("b", "c")
    assert (part.left.tolist(), part.right.tolist()) == ([0], [1])


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_flipping_all_pairs_leaves_utilities_unchanged(seed):
    draw, n = rng(seed, "pairs"), 8
    items = [f"o{i}" for i in range(n)]
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    d = draw.standard_normal(len(pairs)) + np.array([0.5 * (i - j) for i, j in pairs])
    forth = rows(*[(f"o{i}|o{j}", o, float(x)) for (i, j), x in zip(pairs, d, strict=True) for o in ((0, 1), (1, 0))])
    back = rows(*[(f"o{j}|o{i}", o, -float(x)) for (i, j), x in zip(pairs, d, strict=True) for o in ((0, 1), (1, 0))])
    one, other = (utilities(answers, items, hold_out=False) for answers in (forth, back))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-9)
    np.testing.assert_allclose(one.cov, other.cov, atol=1e-9)
