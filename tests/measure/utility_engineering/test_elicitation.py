from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.ledger import Ledger
from weigh.core.question import Condition
from weigh.loops.elicit import Interview
from weigh.measure.utility_engineering import ask, utility_engineering
from weigh.measure.utility_engineering._preferences import is_preference, preferences
from weigh.measure.utility_engineering.elicitation import ask_pairs, ask_rounds
from weigh.measure.utility_engineering.fit import held_out, utilities
from weigh.measure.utility_engineering.transitivity import ask as ask_triads
from weigh.measure.utility_engineering.transitivity import triads
from weigh.ops.pair_selection import n_pairs_to_ask
from weigh.testbeds.utility_agent import ScoringUtilityAgent, UtilityAgent


class Stops(UtilityAgent):
    """An agent that is interrupted after so many answers."""

    def __init__(self, utility, *, after, **rest):
        super().__init__(utility, **rest)
        self.left = after

    def choose(self, asks):
        self.left -= len(asks)
        if self.left < 0:
            raise KeyboardInterrupt
        return super().choose(asks)


def rounds(judge, bank, texts, ledger=None, seed=0, **rest):
    interview = Interview(judge, bank.version, ledger, seed)
    ask_rounds(interview, texts, **rest)
    return interview


def pairs_of(interview, texts):
    found = preferences(interview.answers(), list(texts))
    return set(zip(found.left.tolist(), found.right.tolist(), strict=True))


def test_as_many_pairs_are_asked_as_the_budget_says_in_both_orders(bank, texts, agent):
    interview = rounds(agent(), bank, texts, edges=1.5, hold_out=0)
    answers = interview.answers()
    n = n_pairs_to_ask(len(texts), 1.5)
    assert Counter(answers.order.tolist()) == {(0, 1): n, (1, 0): n}
    assert set(answers.frame.tolist()) == {"letters"}


@pytest.mark.parametrize("selection", ["active", "random"])
def test_pairs_that_are_held_out_are_asked_and_never_fitted(bank, texts, agent, selection):
    interview = rounds(agent(), bank, texts, selection=selection)
    out, asked = held_out(len(texts)), pairs_of(interview, texts)
    assert out <= asked
    assert len(out) == 21
    assert len(asked) == len(out) + n_pairs_to_ask(len(texts), 1.0)
    found = utilities(interview.answers(), list(texts))
    assert found.numbers["n_pairs"] == n_pairs_to_ask(len(texts), 1.0)
    assert found.numbers["n_held_out"] == 21
    few = rounds(agent(), bank, texts, hold_out=5, selection=selection)
    assert len(pairs_of(few, texts) & out) == 5


def test_answers_to_held_out_pairs_move_no_utility(bank, texts, agent):
    answers = rounds(agent(), bank, texts).answers()
    ids, out = list(texts), held_out(len(texts))
    questions = {f"{ids[a]}|{ids[b]}" for a, b in out}
    is_out = np.array([question in questions for question in answers.question])
    np.testing.assert_allclose(utilities(answers.select(~is_out), ids).mean, utilities(answers, ids).mean, atol=1e-12)


def test_the_same_seed_picks_the_same_pairs(bank, texts, agent):
    one, other, third = (pairs_of(rounds(agent(), bank, texts, seed=seed), texts) for seed in (0, 0, 1))
    assert one == other != third


def test_active_selection_goes_where_the_answer_is_open(bank, texts, agent):
    judge = agent()
    exact = np.array([judge.utility[text] for text in texts.values()])
    gaps = {}
    for selection in ("active", "random"):
        pairs = np.array(sorted(pairs_of(rounds(judge, bank, texts, selection=selection, hold_out=0), texts)))
        gaps[selection] = np.abs(exact[pairs[:, 0]] - exact[pairs[:, 1]]).mean()
    assert gaps["active"] < 0.75 * gaps["random"]


def test_a_run_that_was_broken_off_goes_on_with_the_same_pairs_and_asks_nothing_twice(bank, texts, worth, tmp_path):
    whole = rounds(UtilityAgent(worth(), graded=False), bank, texts, samples=2)
    with Ledger(tmp_path) as ledger, pytest.raises(KeyboardInterrupt):
        rounds(Stops(worth(), graded=False, after=300), bank, texts, ledger, samples=2)
    with Ledger(tmp_path) as ledger:
        n_kept = len(ledger)
        resumed = rounds(UtilityAgent(worth(), graded=False), bank, texts, ledger, samples=2)
        assert 0 < n_kept < len(ledger) == len(whole.rows)
    assert resumed.cost.reused == n_kept
    assert resumed.cost.asked == len(whole.rows) - n_kept
    assert set(resumed.rows) == set(whole.rows)


def test_under_a_treatment_the_same_pairs_are_asked(bank, texts, agent):
    plain = rounds(agent(), bank, texts)
    treated = Interview(
        agent(1).under(Condition("calm", system="Be calm.")), bank.version, None, 5, rows=plain.rows, cost=plain.cost
    )
    ask_rounds(treated, texts)
    answers = treated.answers()
    by_condition = [set(answers.question[answers.condition == name].tolist()) for name in ("", "calm")]
    assert by_condition[0] == by_condition[1]


@pytest.mark.parametrize("place", [0.0, 40.0])
def test_under_a_treatment_the_same_instrument_is_used(bank, agent, place):
    plain = Interview(agent(kind=ScoringUtilityAgent, position=place), bank.version)
    ask(plain, bank)
    # whose answers under the treatment would have chosen the other one
    other = agent(kind=ScoringUtilityAgent, position=40.0 - place).under(Condition("calm", system="Be calm."))
    treated = Interview(other, bank.version, rows=plain.rows)
    ask(treated, bank)
    answers = treated.answers()
    used = [
        utility_engineering(answers.select(answers.condition == name), bank).notes["instrument"]
        for name in ("", "calm")
    ]
    assert used == ["evaluative" if place else "stated"] * 2


def test_counting_asks_nothing(bank, agent):
    interview = Interview(agent(), bank.version, dry=True)
    ask(interview, bank, experiments="all")
    assert interview.cost.asked > 500
    assert not interview.rows


def test_samples_are_answers_an_order(bank, texts, tosser):
    interview = Interview(tosser, bank.version)
    ask_pairs(interview, texts, [tuple(list(texts)[:2])], samples=3)
    answers = interview.answers()
    assert Counter(zip(answers.order.tolist(), answers.sample.tolist(), strict=True)) == {
        (order, sample): 1 for order in ((0, 1), (1, 0)) for sample in range(3)
    }
    with pytest.raises(InputError, match="samples"):
        ask_pairs(interview, texts, [], samples=0)


def test_few_outcomes_are_asked_in_all_pairs(bank, agent):
    few = dict(list({item.id: item.situation for item in bank.outcomes}.items())[:4])
    assert len(pairs_of(rounds(agent(), bank, few, edges=10.0), few)) == 6
    with pytest.raises(InputError, match="two or more"):
        rounds(agent(), bank, dict(list(few.items())[:1]))


def test_triads_are_the_same_for_any_number_and_all_different():
    many = triads(40, 1000)
    assert len({tuple(row) for row in many.tolist()}) == 1000
    assert (np.diff(many, axis=1) > 0).all()
    np.testing.assert_array_equal(triads(40, 7), many[:7])
    # each item comes up about as often as any other
    assert np.bincount(many.ravel(), minlength=40).min() > 40
    assert sorted(map(tuple, triads(4, 1000).tolist())) == [(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)]
    assert len(triads(2)) == 0


def test_triads_are_asked_whole(bank, texts, agent):
    interview = Interview(agent(), bank.version)
    ask_triads(interview, texts, n_triads=20)
    asked = {(int(a), int(b)) for a, b in pairs_of(interview, texts)}
    assert asked == {(i, j) for a, b, c in triads(len(texts), 20).tolist() for i, j in ((a, b), (b, c), (a, c))}


def test_the_instrument_is_chosen_by_plain_pairs(bank, agent, blind):
    sound = Interview(agent(kind=ScoringUtilityAgent), bank.version)
    ask(sound, bank)
    assert any(is_preference(question) for question in sound.answers().question.tolist())
    lost = Interview(agent(kind=ScoringUtilityAgent, position=40.0), bank.version)
    ask(lost, bank)
    assert not any(is_preference(question) for question in lost.answers().question.tolist())
    assert utility_engineering(lost.answers(), bank).notes["instrument"] == "evaluative"
    forced = Interview(blind, bank.version)
    ask(forced, bank, instrument="stated")
    assert utility_engineering(forced.answers(), bank).notes["instrument"] == "stated"


@pytest.mark.parametrize(
    ("options", "said"),
    [({"experiments": "astrology"}, "astrology"), ({"instrument": "dice"}, "dice"), ({"edges": -1.0}, "multiplier")],
)
def test_options_that_make_no_sense_are_refused(bank, agent, options, said):
    with pytest.raises(InputError, match=said):
        ask(Interview(agent(), bank.version), bank, **options)
