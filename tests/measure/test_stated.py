from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weigh.core.errors import AbilityError, InputError
from weigh.core.evidence import Answers
from weigh.core.question import UNTREATED
from weigh.judges.recorded import Recorded
from weigh.loops.elicit import Interview
from weigh.measure.gate import UNVERIFIED, gate
from weigh.measure.stated import ask, stated
from weigh.testbeds.planted import Planted


def interview_with(judge, bank, **rest):
    interview = Interview(judge, bank.version)
    ask(interview, bank, **rest)
    return interview


def test_every_wording_is_asked_in_both_orders(bank, plant):
    answers = interview_with(plant(), bank).answers()
    plain = answers.select(answers.condition == "")
    assert Counter(zip(plain.wording.tolist(), plain.order.tolist(), strict=True)) == {
        ("original", (0, 1)): 110, ("original", (1, 0)): 110, ("paraphrase", (0, 1)): 90, ("paraphrase", (1, 0)): 90,
    }  # fmt: skip
    # a quarter, two primes, two values, two orders
    assert len(answers) - len(plain) == 22 * 8
    assert set(answers.frame.tolist()) == {"letters"}


def test_a_judge_that_scores_text_is_asked_for_fluency_too(bank, plant):
    answers = interview_with(plant(kind=Planted), bank, primes=False).answers()
    assert (answers.frame == "fluency").sum() == 180


def test_a_part_of_the_bank_keeps_its_controls(bank, plant):
    answers = interview_with(plant(), bank, items=bank.dilemmas[:10], primes=False).answers()
    assert len(answers) == 10 * 4 + 20 * 2


def test_a_judge_that_cannot_choose_is_refused_before_the_first_question(bank):
    class Silent:
        name, fingerprint, seeded = "silent", "0", False
        condition = UNTREATED

    with pytest.raises(AbilityError, match="choose"):
        interview_with(Silent(), bank)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-40, 40), st.integers(0, 1000))
def test_a_liking_for_a_place_cancels_exactly(bank, plant, position, seed):
    plain = stated(plant(seed).answers(), bank)
    biased = stated(plant(seed, position=position).answers(), bank)
    np.testing.assert_allclose(biased.mean, plain.mean, atol=1e-9)
    np.testing.assert_allclose(biased.high, plain.high, atol=1e-9)


def test_the_mean_of_probabilities_depends_on_the_bias(bank, plant):
    # it leans to no side, as both orders cancel in it too, but a bias squeezes strong and weak evidence unequally
    def of_probabilities(judge):
        answers = judge.answers()
        p = 1 / (1 + np.exp(-answers.differences()))
        rows = [
            {"question": q, "choice": 0, "wording": w, "order": o, "frame": f, "scores": [x, 0.0]}
            for q, w, o, f, x in zip(answers.question, answers.wording, answers.order, answers.frame, p, strict=True)
        ]
        return stated(Answers.from_rows(rows), bank).mean

    plain, biased = plant(1, effect=0.5), plant(1, effect=0.5, position=4.0)
    assert np.abs(of_probabilities(biased) - of_probabilities(plain)).max() > 0.05
    np.testing.assert_allclose(stated(biased.answers(), bank).mean, stated(plain.answers(), bank).mean, atol=1e-9)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_rows_can_come_in_any_order(bank, plant, random):
    answers = plant(2).answers()
    order = list(range(len(answers)))
    random.shuffle(order)
    np.testing.assert_allclose(stated(answers.select(order), bank).mean, stated(answers, bank).mean, atol=1e-12)


def test_one_order_alone_is_no_evidence(bank, plant):
    answers = plant(3).answers()
    first = answers.select([order != (1, 0) for order in answers.order])
    with pytest.raises(InputError, match="0 answered dilemmas"):
        stated(first, bank)


def test_a_missing_dilemma_widens_the_bounds_and_is_counted(bank, plant):
    answers = plant(3).answers()
    values = stated(answers.select(answers.question != "d000"), bank)
    assert values.notes["n_missing"] == 1
    bounds = values.notes["bounds_if_missing_were_extreme"]
    assert all(low <= mean <= high for mean, (low, high) in zip(values.mean, bounds.values(), strict=True))
    # the two values of the missing dilemma are the least certain
    width = {value: high - low for value, (low, high) in bounds.items()}
    assert set(sorted(width, key=width.get)[-2:]) == {"self-direction", "stimulation"}


def test_refusals_are_counted(bank, plant):
    rows = [
        {"question": item.id, "choice": -1, "status": "refused", "frame": "letters", "order": [0, 1]}
        for item in bank.dilemmas[:5]
    ]
    answers = plant(3).answers()
    kept = answers.select([order != () for order in answers.order])
    both = [
        {
            "question": q,
            "choice": int(c),
            "scores": s.tolist(),
            "wording": w,
            "order": list(o),
            "frame": f,
            "status": "ok",
        }
        for q, c, s, w, o, f in zip(
            kept.question, kept.choice, kept.scores, kept.wording, kept.order, kept.frame, strict=True
        )
    ]
    assert stated(Answers.from_rows(both + rows), bank).notes["statuses"] == {"ok": len(both), "refused": 5}


def test_recorded_answers_without_orders_do_not_pass_the_order_check(bank, plant, tmp_path):
    # an always-A answerer in one order gets all controls right and "survives" a swap that never was
    answers = plant(4, effect=0.5).answers(orders=[()])
    file = answers.select(answers.frame == "letters").write(tmp_path / "answers.csv")
    interview = interview_with(Recorded(file), bank)
    verdict = gate(interview.answers(), bank)
    assert {f.name: f.passed for f in verdict.findings}["order swap"] is None
    assert {f.name: f.passed for f in verdict.findings}["controls"] is None
    assert verdict.sentence == UNVERIFIED
    assert verdict.table.statuses["refused"] == 22 * 4


def test_recorded_answers_with_orders_give_what_was_recorded(bank, plant, tmp_path):
    answers = plant(4, effect=0.5).answers()
    file = answers.select(answers.frame == "letters").write(tmp_path / "answers.jsonl")
    again = interview_with(Recorded(file), bank, primes=False).answers()
    # no fluency in the file, so it is no covariate in either
    expected = stated(answers.select(answers.frame == "letters"), bank)
    np.testing.assert_allclose(stated(again, bank).mean, expected.mean, atol=1e-9)
