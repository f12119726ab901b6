from __future__ import annotations

import json
import math
import time

import numpy as np
import pandas as pd
import pytest

from weigh.core.errors import InputError
from weigh.core.evidence import BARE_CHOICE, Answers
from weigh.core.question import Ask, Condition, Question, Reply, to_row


def ledger(n):
    asks = [
        Ask(Question.of(f"q{i}", "What?", ("yes", "no")), "letters", order=(1, 0) if i % 2 else (0, 1), sample=i % 3)
        for i in range(n)
    ]
    replies = [Reply.from_scores([math.sin(i), 0.0], mass=0.9, raw="A") for i in range(n)]
    return [
        to_row(ask, reply, [], key=str(i), who="m") for i, (ask, reply) in enumerate(zip(asks, replies, strict=True))
    ]


def test_ledger_rows_are_read_as_they_were_written():
    question = Question.of("q", "What?", ("yes", "no"))
    ask = Ask(question, "letters", "paraphrase", (1, 0), Condition("calm", nudge="Be calm."), 2)
    rows = [
        to_row(ask, Reply.from_scores([0.5, -0.5], mass=0.75, raw="B"), [], key="k", who="smol"),
        to_row(ask, Reply(status="malformed", raw="?"), [], key="l", who="smol"),
    ]
    answers = Answers.from_rows(json.loads(json.dumps(rows, allow_nan=False)))
    assert answers.question.tolist() == ["q", "q"]
    assert answers.choice.tolist() == [0, -1]
    assert answers.order.tolist() == [(1, 0), (1, 0)]
    np.testing.assert_allclose(answers.p, [1 / (1 + math.exp(-1)), math.nan])
    np.testing.assert_array_equal(answers.scores, [[0.5, -0.5], [math.nan, math.nan]])
    np.testing.assert_array_equal(answers.mass, [0.75, math.nan])
    assert (answers.frame[0], answers.wording[0], answers.condition[0], answers.sample[0]) == (
        "letters", "paraphrase", "calm", 2,
    )  # fmt: skip
    assert answers.status.tolist() == ["ok", "malformed"]
    assert answers.who.tolist() == ["smol", "smol"]
    assert answers.raw.tolist() == ["B", "?"]


def test_many_rows_are_read_fast():
    rows = ledger(20_000)
    start = time.perf_counter()
    answers = Answers.from_rows(rows)
    # 0.2 s on a quiet machine; the bound is for a loop that has become quadratic
    assert time.perf_counter() - start < 20
    np.testing.assert_allclose(answers.differences(), np.sin(np.arange(20_000)))


def test_differences_use_the_best_that_is_known():
    answers = Answers(
        ["a", "b", "c", "d", "e", "f"],
        [0, 0, 1, 1, -1, 1],
        p=[0.6, 0.75, 0.75, np.nan, np.nan, 1.0],
        scores=[[2.0, -1.0]] + [[np.nan, np.nan]] * 5,
    )
    found = answers.differences()
    assert found[:4].tolist() == pytest.approx([3.0, math.log(3), -math.log(3), -BARE_CHOICE])
    assert np.isnan(found[4])
    assert found[5] == pytest.approx(-math.log((1 - 1e-6) / 1e-6))


@pytest.mark.parametrize(
    "more", [{"choice": [2]}, {"choice": [0], "order": [(0, 1, 2)]}, {"choice": [0], "scores": [[0, 1, 2]]}]
)
def test_differences_need_two_options(more):
    with pytest.raises(InputError, match="'q' has more than two options"):
        Answers(["q"], **more).differences()


@pytest.mark.parametrize("order", ["1,0", "1 0", "BA", "[1, 0]", "(1,0)", [1, 0], (1, 0), np.array([1, 0])])
def test_letters_are_places(order):
    given = {"question": ["q", "q", "q", "q"], "choice": ["A", "b", "0", ""], "order": [order] * 4, "model": ["m"] * 4}
    answers = Answers.from_frame(given)
    assert answers.order.tolist() == [(1, 0)] * 4
    assert answers.choice.tolist() == [1, 0, 0, -1]
    assert answers.status.tolist() == ["ok", "ok", "ok", "refused"]
    assert Answers.from_frame({"question": ["q"], "choice": ["B"]}).choice.tolist() == [1]


def test_recorded_files_are_read(tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text(
        'question,choice,order,p,who,status\nq,A,"1,0",0.9,m,\nq,,"0,1",,m,\nq,,,,m,malformed\nq,1,,,m,ok\n'
    )
    answers = Answers.from_file(file)
    assert answers.choice.tolist() == [1, -1, -1, 1]
    assert answers.status.tolist() == ["ok", "refused", "malformed", "ok"]
    assert answers.order.tolist() == [(1, 0), (0, 1), (), ()]
    assert answers.who.tolist() == ["m"] * 4
    frame = pd.DataFrame({"question": ["q", "q"], "choice": [1.0, np.nan]})
    assert Answers.from_frame(frame).choice.tolist() == [1, -1]


def test_texts_of_options_need_the_options():
    given = {"question": ["q", "q", "q"], "choice": ["no", "A", "B"], "order": [(1, 0)] * 3}
    with pytest.raises(InputError, match=r"row 1, column 'choice': got 'no'.*options="):
        Answers.from_frame(given)
    assert Answers.from_frame(given, options={"q": ("yes", "no")}).choice.tolist() == [1, 1, 0]
    # a text that looks like a letter is a text, where the options say so
    assert Answers.from_frame(given, options={"q": ("no", "B")}).choice.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"choice": ["C"]}, "row 1, column 'choice': got 'C'; expected one of the 2 places"),
        ({"choice": [2]}, r"one of the options shown, \(1, 0\)"),
        ({"choice": ["-2"]}, "column 'choice'"),
        ({"choice": [1.5]}, "column 'choice'"),
        ({"choice": [True]}, "column 'choice'"),
        ({"order": ["10"]}, "like 1,0 or BA"),
        ({"order": [10]}, "like 1,0 or BA"),
        ({"order": ["x y"]}, "row 1, column 'order'"),
        ({"order": ["1,1"]}, "different canonical indices"),
        ({"p": [1.5]}, "from 0 to 1"),
        ({"mass": [-0.5]}, "from 0 to 1"),
        ({"scores": [[0.0, np.inf]]}, "finite scores"),
        ({"scores": ["much"]}, "one number an option"),
        ({"status": ["fine"]}, "one of ok, refused, malformed, low-mass"),
        ({"sample": [0.5]}, "whole number"),
        ({"question": [""]}, "column 'question'"),
        ({"who": ["x"], "model": ["y"]}, "both a column 'model' and a column 'who'"),
    ],
)
def test_what_cannot_be_an_answer_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        Answers.from_frame({"question": ["q"], "choice": [0], "order": ["1,0"], **change})


def test_an_empty_ledger_is_refused():
    with pytest.raises(InputError, match="no answers yet"):
        Answers.from_rows([])
    with pytest.raises(InputError, match="'question' is missing"):
        Answers.from_rows([{"choice": 1}])


def test_scores_of_different_length_are_padded():
    answers = Answers(["a", "b", "c"], [0, 2, -1], scores=[[1.0, 0.0], [0.0, 1.0, 2.0], None])
    assert answers.scores.shape == (3, 3)
    assert np.isnan(answers.scores).sum(axis=1).tolist() == [1, 0, 3]
