from __future__ import annotations

import hashlib

import pytest

from weigh.core.abilities import Chooser, Scorer, abilities
from weigh.core.errors import InputError
from weigh.core.question import Ask, Condition, Question
from weigh.judges.recorded import Recorded

QUESTION = Question.of("q", "It rains.", ("Stay in.", "Go out."))


def ask(question=QUESTION, frame="letters", **rest):
    return Ask(question, frame, **rest)


@pytest.fixture
def write(tmp_path):
    def written(text, name="answers.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_it_chooses_and_does_not_score(write):
    judge = Recorded(write("question,choice\nq,1\n"))
    assert isinstance(judge, Chooser)
    assert not isinstance(judge, Scorer)
    assert abilities(judge) == ("choose",)
    assert judge.seeded is False
    assert judge.name == "recorded:answers.csv"
    assert judge.render([ask(), ask()]) == [[], []]


def test_the_row_with_the_same_order_answers(write):
    judge = Recorded(write('question,choice,order,p\nq,A,"0,1",0.9\nq,A,"1,0",0.6\n'))
    first, second = judge.choose([ask(order=(0, 1)), ask(order=(1, 0))])
    assert (first.choice, first.p) == (0, 0.9)
    # a letter stands for the place shown
    assert (second.choice, second.p) == (1, 0.6)
    assert not judge.unordered


def test_an_order_that_was_not_recorded_is_not_made_up(write):
    judge = Recorded(write('question,choice,order\nq,0,"0,1"\n'))
    (reply,) = judge.choose([ask(order=(1, 0))])
    assert (reply.status, reply.choice, reply.raw, dict(reply.detail)) == ("refused", -1, "", {"missing": True})


def test_a_file_without_orders_says_so_and_answers_without_one(write):
    judge = Recorded(write("question,choice\nq,1\n"))
    assert judge.unordered
    plain, ordered = judge.choose([ask(), ask(order=(1, 0))])
    assert plain.choice == 1
    assert ordered.detail == {"missing": True}


@pytest.mark.parametrize(
    "other",
    [
        {"wording": "paraphrase"},
        {"condition": Condition("prime:power", prime="Power matters.")},
        {"sample": 1},
        {"question": Question.of("r", "It snows.", ("Stay in.", "Go out."))},
    ],
)
def test_one_answer_does_not_stand_for_another_wording_treatment_or_sample(write, other):
    (reply,) = Recorded(write("question,choice\nq,1\n")).choose([ask(**other)])
    assert reply.detail == {"missing": True}


def test_a_row_without_a_frame_answers_any_and_one_with_a_frame_its_own(write):
    judge = Recorded(write("question,choice,frame\nq,1,\nq,0,digits\n"))
    assert [r.choice for r in judge.choose([ask(), ask(frame="digits"), ask(frame="words")])] == [1, 0, 1]
    digits = Recorded(write("question,choice,frame\nq,0,digits\n", "digits.csv"))
    assert digits.choose([ask()])[0].detail == {"missing": True}


def test_repetitions_are_samples(write):
    judge = Recorded(write("question,choice\nq,1\nq,0\nq,1\n"))
    assert [r.choice for r in judge.choose([ask(sample=n) for n in range(4)])] == [1, 0, 1, -1]


def test_scores_status_and_raw_come_back(write):
    rows = (
        '{"question": "q", "choice": 0, "scores": [0.5, -0.25], "mass": 0.8, "raw": "A", "status": "low-mass"}\n'
        '{"question": "s", "choice": -1, "raw": "I cannot.", "status": "refused"}\n'
    )
    judge = Recorded(write(rows, "answers.jsonl"))
    (reply,) = judge.choose([ask()])
    assert (reply.scores, reply.mass, reply.raw, reply.status) == ((0.5, -0.25), 0.8, "A", "low-mass")
    (reply,) = judge.choose([ask(Question.of("s", "It rains.", ("Stay in.", "Go out.")))])
    assert (reply.status, reply.raw, dict(reply.detail)) == ("refused", "I cannot.", {})


def test_texts_are_choices_where_the_options_are_known(write):
    judge = Recorded(write("question,choice\nq,Go out.\n"), options={"q": QUESTION.options})
    assert judge.choose([ask()])[0].choice == 1


def test_a_treatment_is_looked_up_by_its_name(write):
    judge = Recorded(write("question,choice,condition\nq,0,\nq,1,calm\n"))
    calm = judge.under(Condition("calm", system="Be calm."))
    assert calm.choose([ask(condition=calm.condition)])[0].choice == 1
    assert not judge.condition


def test_the_fingerprint_is_the_files(write):
    path = write("question,choice\nq,1\n")
    assert Recorded(path).fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()
    renamed = Recorded(write("id,choice\nq,1\n", "b.csv"), map={"id": "question"})
    assert renamed.fingerprint != hashlib.sha256((path.parent / "b.csv").read_bytes()).hexdigest()
    assert renamed.choose([ask()])[0].choice == 1


def test_a_choice_beyond_the_options_is_named(write):
    with pytest.raises(InputError, match=r"answers\.csv: question 'q' is answered with choice 2, and it has 2 options"):
        Recorded(write("question,choice\nq,2\n")).choose([ask()])
    judge = Recorded(write('{"question": "q", "choice": 0, "scores": [1, 2, 3]}\n', "c.jsonl"))
    with pytest.raises(InputError, match="3 scores"):
        judge.choose([ask()])


def test_answers_of_several_judges_are_refused(write):
    with pytest.raises(InputError, match=r"2 judges or people \('ada', 'bob'"):
        Recorded(write("question,choice,who\nq,1,ada\nq,0,bob\n"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        Recorded(tmp_path / "nowhere.csv")
