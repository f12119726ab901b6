from __future__ import annotations

import math

import pytest

from weigh.core.abilities import abilities
from weigh.core.errors import InputError
from weigh.core.question import Ask, Question
from weigh.judges.people import People

QUESTION = Question.of("q", "It rains.", ("Stay in.", "Go out."))


@pytest.fixture
def people(tmp_path):
    def made(text, **rest):
        path = tmp_path / "people.csv"
        path.write_text(text, encoding="utf-8")
        return People(path, **rest)

    return made


def one(judge, question=QUESTION, **rest):
    (reply,) = judge.choose([Ask(question, "letters", **rest)])
    return reply


def test_the_answer_is_the_smoothed_share(people):
    judge = people("question,choice,who\nq,0,ada\nq,0,bob\nq,1,eve\nq,,dan\n")
    reply = one(judge)
    assert reply.scores == pytest.approx([math.log(2.5 / 4), math.log(1.5 / 4)])
    assert reply.choice == 0
    assert reply.p == pytest.approx(2.5 / 4)
    assert reply.detail == {"n": 3, "weight": 3.0, "refused": 1}
    assert abilities(judge) == ("choose",)


def test_unanimity_is_finite(people):
    reply = one(people("question,choice,who\nq,1,ada\n"))
    assert reply.scores[1] - reply.scores[0] == pytest.approx(math.log(3))


def test_weights_count(people):
    judge = people("question,choice,who,weight\nq,0,ada,1\nq,1,bob,3\n")
    assert one(judge).p == pytest.approx(3.5 / 5)
    assert judge.describe()["weighted"]


def test_each_order_has_its_own_people(people):
    judge = people('question,choice,who,order\nq,0,ada,"0,1"\nq,1,bob,"1,0"\n')
    assert not judge.unordered
    assert one(judge, order=(0, 1)).choice == 0
    assert one(judge, order=(1, 0)).choice == 1
    assert one(judge, order=(1, 0)).detail["n"] == 1


def test_without_orders_an_ordered_question_stays_unanswered(people):
    judge = people("question,choice,who\nq,0,ada\n")
    assert judge.unordered
    assert one(judge, order=(0, 1)).detail == {"missing": True}
    assert one(judge, Question.of("r", "?", ("a", "b"))).detail == {"missing": True}


def test_a_question_that_all_refused_is_refused(people):
    reply = one(people("question,choice,who\nq,,ada\nq,,bob\n"))
    assert (reply.status, dict(reply.detail)) == ("refused", {"n": 0, "refused": 2})


def test_each_person_is_a_judge(people):
    judge = people("question,choice,who,weight\nq,0,bob,2\nq,1,ada,1\n")
    ada, bob = judge.each()
    assert judge.who == ("ada", "bob")
    assert (ada.name, bob.name) == ("people:people.csv#ada", "people:people.csv#bob")
    assert (one(ada).choice, one(bob).choice) == (1, 0)
    assert len({judge.fingerprint, ada.fingerprint, bob.fingerprint}) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("question,choice\nq,0\n", "row 1 does not say who answered"),
        ("question,choice,who\nq,0,ada\nq,1,\n", "row 2 does not say who answered"),
        ("question,choice,who\nq,0,ada\nq,1,ada\n", r"row 2: 'ada' answers question 'q' again .*row 1"),
        ("question,choice,who,weight\nq,0,ada,0\n", "all weights are 0"),
        ("question,choice,who,weight\nq,0,ada,-1\n", "row 1, column 'weight'"),
        ("question,who\nq,ada\n", "column 'choice' is missing"),
        ("question,choice,who\nq,maybe,ada\n", "row 1, column 'choice'"),
    ],
)
def test_what_cannot_be_used_is_named(people, text, message):
    with pytest.raises(InputError, match=message):
        people(text)


def test_a_choice_beyond_the_options_is_named(people):
    judge = people("question,choice,who\nq,0,ada\nq,4,bob\n")
    with pytest.raises(InputError, match=r"row 2: 'bob' answers question 'q' with choice 4, and it has 2 options"):
        one(judge)


def test_columns_can_be_renamed(people):
    judge = people("item,pick,person\nq,1,ada\n", map={"item": "question", "pick": "choice", "person": "who"})
    assert one(judge).choice == 1
