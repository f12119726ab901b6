from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.evidence import Answers, Comparisons, Passages, Rankings, Ratings, Transitions

MAKES = [pd.DataFrame, pl.DataFrame, pa.table, dict, lambda x: pl.DataFrame(x).lazy()]
PAIRS = {"left": ["a", "b", "c"], "right": ["b", "c", "a"], "p_left": [1.0, 0.25, 0.5]}
ALL = [
    Answers(["q1", "q2"], [0, -1], p=[0.9, np.nan], scores=[[1.0, -1.0, 0.0], [np.nan] * 3], order=[(1, 0, 2), ()],
            status=["ok", "refused"], raw=["=A", "a,\n\"b\""], who="gpt"),
    Comparisons(PAIRS["left"], PAIRS["right"], PAIRS["p_left"], who=["x", "y", "z"], weight=[1, 2, 0], source="s"),
    Ratings(["x", "y"], ["a", "007"], [1.5, np.nan], low=[np.nan, 1], high=[np.nan, 4], criterion=["taste", ""]),
    Rankings(["x", "x"], ["a", "b"], [1, 2.5]),
    Transitions([[0.0, 1.0], [1.0, 2.0]], [0, 1], [0.5, -1], [[1.0, 2.0], [3.0, 4.0]], terminated=[False, True]),
    Passages(["<b>x</b>", "-y"], label=["", "good"], who="z"),
]  # fmt: skip


@pytest.mark.parametrize("evidence", ALL, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_files_lose_nothing(evidence, ending, tmp_path):
    file = evidence.write(tmp_path / f"evidence.{ending}")
    assert type(evidence).from_file(file) == evidence


@pytest.mark.parametrize("evidence", ALL, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_frames_lose_nothing(evidence, backend):
    assert type(evidence).from_frame(evidence.to_frame(backend)) == evidence


@pytest.mark.parametrize("evidence", ALL, ids=lambda e: type(e).__name__)
def test_rows_are_selected_read_only_and_compared(evidence):
    mask = np.arange(len(evidence)) == 1
    one = evidence.select(mask)
    assert len(one) == 1
    assert one == evidence.select([1]) != evidence
    assert evidence.select(np.arange(len(evidence))[::-1]).who[-1] == evidence.who[0]
    with pytest.raises(ValueError, match="read-only"):
        evidence.weight[0] = 3
    for rows, message in (
        (~mask & mask, "leaves none"),
        ([9], "rows go from"),
        ([True], "cannot select"),
        ([0.5], "cannot"),
    ):
        with pytest.raises(InputError, match=message):
            evidence.select(rows)
    page = evidence._repr_html_()
    assert "<b>" not in page
    with pytest.raises(TypeError):
        hash(evidence)


@pytest.mark.parametrize("evidence", ALL, ids=lambda e: type(e).__name__)
def test_rows_of_weight_0_do_not_count(evidence):
    some = replace(evidence, weight=np.arange(len(evidence)))
    assert some.counted() == some.select(np.arange(1, len(evidence)))
    assert some.counted().counted() == some.counted()
    with pytest.raises(InputError, match="every row has weight 0"):
        replace(evidence, weight=np.zeros(len(evidence))).counted()


@pytest.mark.parametrize("make", MAKES)
def test_any_frame_is_read_under_other_names(make):
    given = {"one": [1, 2], "two": [2, 3], "winner": [2, 2], "extra": ["x", None]}
    pairs = Comparisons.from_frame(make(given), map={"one": "left", "two": "right"})
    assert pairs.left.tolist() == ["1", "2"]
    assert pairs.p_left.tolist() == [0.0, 1.0]
    assert pairs.weight.tolist() == [1.0, 1.0]
    assert pairs.who.tolist() == ["", ""]


def test_trl_pairs_of_text_and_of_messages():
    plain = Comparisons.from_frame({"prompt": ["p"], "chosen": ["good"], "rejected": ["bad"]})
    turns = {
        "prompt": [[{"role": "user", "content": "p"}]],
        "chosen": [[{"role": "assistant", "content": "good"}]],
        "rejected": [[{"role": "assistant", "content": "bad"}]],
    }
    assert plain == Comparisons.from_frame(turns) == Comparisons.from_frame(pa.table(turns))
    assert (plain.left[0], plain.right[0], plain.p_left[0], plain.prompt[0]) == ("good", "bad", 1.0, "p")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p_left": [1.0, 1.2, 0.5]}, r"row 2, column 'p_left': got 1.2; expected a finite number from 0 to 1"),
        ({"p_left": [1.0, 0.2, np.nan]}, "row 3, column 'p_left': got nan"),
        ({"p_left": [1.0, "often", 0.5]}, "row 2, column 'p_left': got 'often'"),
        ({"left": ["a", None, "c"]}, "row 2, column 'left': got None"),
        ({"left": ["a", " ", "c"]}, "row 2, column 'left'.*not blank"),
        ({"left": ["a", "b", ["c"]]}, "row 3, column 'left'"),
        ({"right": ["a", "c", "d"]}, "row 1, column 'right': got 'a'; expected an item other than"),
        ({"weight": [1, -1, 1]}, "row 2, column 'weight': got -1.0; expected a finite number, 0 or more"),
        ({"weight": [1, np.nan, 1]}, "row 2, column 'weight'"),
        ({"weight": [1, np.inf, 1]}, "row 2, column 'weight'"),
        ({"weight": [1, 1]}, "different lengths"),
    ],
)
def test_cells_that_cannot_be_used_are_named(change, message, tmp_path):
    with pytest.raises(InputError, match=message):
        Comparisons.from_frame({**PAIRS, **change})


def test_files_that_cannot_be_used_are_named(tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_text("left,right,p_left\na,b,1\nb,c,2\n")
    with pytest.raises(InputError, match=r"pairs.csv: row 2, column 'p_left': got 2.0"):
        Comparisons.from_file(file)
    with pytest.raises(InputError, match=r"pairs.csv: column 'who' is missing; found: left, right, p_left.*map="):
        Rankings.from_file(file)
    file.write_text("left,right,winner\na,b,tie\n")
    with pytest.raises(InputError, match=r"row 1, column 'winner': got 'tie'; expected 'a' or 'b'; for ties"):
        Comparisons.from_file(file)
    with pytest.raises(InputError, match="mapping of columns"):
        Comparisons.from_frame(3)
    with pytest.raises(InputError, match="no rows"):
        Comparisons.from_frame(pd.DataFrame({"left": [], "right": [], "p_left": []}))


def test_ratings_take_intervals():
    ratings = Ratings.from_frame({"who": ["x"], "item": ["a"], "low": [1], "high": [4]})
    assert ratings.value.tolist() == [2.5]
    for change, message in (
        ({"low": [5]}, "high not below low"),
        ({"value": [9]}, "between low and high"),
        ({"low": [None]}, "both low and high"),
        ({"low": [None], "high": [None]}, "a number, or both"),
    ):
        with pytest.raises(InputError, match=message):
            Ratings.from_frame({"who": ["x"], "item": ["a"], "low": [1], "high": [4], "value": [None], **change})
    with pytest.raises(InputError, match="column 'value' is missing"):
        Ratings.from_frame({"who": ["x"], "item": ["a"], "low": [1]})


def test_transitions_are_of_one_shape():
    with pytest.raises(InputError, match="one shape"):
        Transitions([[0.0, 1]], [0], [1], [[1.0]])
    with pytest.raises(InputError, match="finite"):
        Transitions([np.nan], [0], [1], [1.0])
    with pytest.raises(InputError, match="'observation'"):
        Transitions([[0.0], [1.0, 2.0]], [0, 0], [1, 1], [[1.0], [2.0]])
    assert Transitions(np.array([3]), [0], [1], np.array([4])).observation.dtype.kind == "i"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1, max_size=5))
def test_any_text_survives(rows):
    texts = [text for text, _ in rows if text.strip()]
    if not texts:
        with pytest.raises(InputError):
            Passages([text for text, _ in rows])
        return
    passages = Passages(texts, who=[who for (text, who) in rows if text.strip()])
    assert passages.text.tolist() == texts
    assert Passages.from_frame(passages.to_frame("pandas")) == passages
