"""Scores of several models, from wide and long tables."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.ops.reward_table import reward_table

WIDE = {"prompt": ["p", "p", "q", "q", "q"], "completion": ["a", "b", "a", "c", "d"], "m": [1, 2, 3, 4, 5.0],
        "n": [5, 4, 3, 2, 1.0]}  # fmt: skip


def long(columns=WIDE, **rest):
    rows = {"who": ["m"] * 5 + ["n"] * 5, "item": columns["completion"] * 2, "criterion": columns["prompt"] * 2}
    return Ratings.from_frame({**rows, "value": [*columns["m"], *columns["n"]], **rest})


def test_wide_and_long_are_the_same_table(tmp_path):
    (tmp_path / "wide.csv").write_text(
        "prompt,completion,m,n\n" + "\n".join(",".join(map(str, row)) for row in zip(*WIDE.values(), strict=True))
    )
    long().write(tmp_path / "long.csv")
    found = [reward_table(x) for x in (WIDE, long(), tmp_path / "wide.csv", str(tmp_path / "long.csv"))]
    for table in found:
        assert table.models == ("m", "n")
        assert table.prompts == ("p", "q")
        assert table.items == ("p: a", "p: b", "q: a", "q: c", "q: d")  # there are two answers "a"
        assert table.answers == ("a", "b", "a", "c", "d")
        np.testing.assert_array_equal(table.scores, np.column_stack([WIDE["m"], WIDE["n"]]))


def test_rows_by_size_cover_all_answers_once():
    groups = list(reward_table(WIDE).by_size())
    assert [group.tolist() for group in groups] == [[[0, 1]], [[2, 3, 4]]]


def test_names_stay_where_they_tell_answers_apart():
    assert reward_table({"completion": ["x", "y"], "m": [0.0, 1.0]}).items == ("x", "y")


def test_columns_of_text_and_indices_are_no_models():
    table = {**WIDE, "author": list("stuvw"), "index": [0.0, 1, 2, 3, 4], "weight": [1.0] * 5}
    assert reward_table(table).models == ("m", "n")
    assert reward_table(table, models=["n"]).models == ("n",)
    assert reward_table(table, models="n").models == ("n",)


def test_columns_may_have_other_names():
    renamed = {"q": WIDE["prompt"], "reply": WIDE["completion"], "m": WIDE["m"]}
    assert reward_table(renamed, prompt="q", completion="reply").prompts == ("p", "q")


def test_scores_of_one_answer_are_averaged_by_weight():
    twice = {"completion": ["x", "x", "y"], "m": [0.0, 3.0, 5.0], "weight": [2.0, 1.0, 1.0]}
    assert reward_table(twice).scores.ravel().tolist() == [1.0, 5.0]


def test_rows_of_weight_0_are_left_out():
    weight = [1.0] * 4 + [0.0] + [1.0] * 4 + [0.0]
    assert len(reward_table(long(weight=weight)).items) == 4


@pytest.mark.parametrize(
    ("given", "options", "match"),
    [
        ({"completion": ["x"], "m": [1.0]}, {}, "two answers"),
        ({"prompt": ["p", "q"], "completion": ["x", "y"], "m": [1.0, 2]}, {}, "two answers"),
        ({"completion": ["x", "y"], "m": [1.0, np.nan], "n": [1.0, 2.0]}, {"models": "m"}, "nan in row 2"),
        ({"completion": list("wxyz"), "m": [1.0, np.inf, 2.0, 3.0], "n": [0.0] * 4}, {}, "inf in row 2"),
        ({"completion": ["x", "y"]}, {}, "no column of numbers"),
        ({"completion": ["x", "y"], "m": [1.0, 2]}, {"models": ["z"]}, "no model 'z'"),
        ({"completion": ["x", None], "m": [1.0, 2]}, {}, "text"),
        ({"m": [1.0, 2]}, {}, "no column 'completion'"),
        ({"completion": [], "m": []}, {}, "no rows"),
        (
            Ratings.from_frame({"who": ["m", "m", "n"], "item": ["x", "y", "x"], "value": [1, 2, 3]}),
            {},
            "did not score",
        ),
        (long(weight=[0.0] * 10), {}, "weight 0"),
        (long(), {"models": ["z"]}, "no model 'z'"),
        (long(), {"models": []}, "none named"),
        ({"prompt": ["a: b", "a: b", "a", "a"], "completion": ["c", "d", "b: c", "c"], "m": [1.0] * 4}, {}, "colon"),
        ("nowhere.csv", {}, "no such file"),
        ({"completion": list("xyz"), "m": ["1.5", "n/a", "2"]}, {}, "'n/a' in row 2"),
        ({"completion": list("xyz"), "m": [1.5, None, 2.0]}, {}, "None in row 2"),
        ({"completion": ["x", "y"], "m": [1e200, 0.0]}, {}, "1e.200"),
    ],
)
def test_bad_input(given, options, match):
    with pytest.raises(InputError, match=match):
        reward_table(given, **options)
