from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from weigh.core.abilities import Chooser, Scorer, Writer
from weigh.core.errors import InputError
from weigh.core.question import Ask, Condition, Message, Prompt, Question
from weigh.testbeds.utility_agent import ScoringUtilityAgent, UtilityAgent

UTILITY = {"tea": 1.0, "rum": -0.5, "milk": 0.25}


def asked(agent, *texts, order=(0, 1), id="a|b", sample=0):
    return agent.choose([Ask(Question.of(id, "Which?", texts), "letters", order=order, sample=sample)])[0]


def log_odds(agent, *texts, **rest):
    scores = asked(agent, *texts, **rest).scores
    return scores[0] - scores[1]


def test_it_prefers_by_thurstones_law_and_likes_a_place_by_so_much():
    p = norm.cdf(1.5 / math.sqrt(2 * 0.4**2))
    agent = UtilityAgent(UTILITY, noise=0.4)
    assert log_odds(agent, "tea", "rum") == pytest.approx(math.log(p / (1 - p)))
    biased = UtilityAgent(UTILITY, noise=0.4, position=2.0)
    both = [log_odds(biased, "tea", "rum", order=order) for order in ((0, 1), (1, 0))]
    assert both == pytest.approx([math.log(p / (1 - p)) + 2, math.log(p / (1 - p)) - 2])
    assert log_odds(UtilityAgent(UTILITY, noise=math.inf), "tea", "rum") == 0


def test_what_is_peculiar_to_a_pair_is_the_same_in_both_orders():
    agent, plain = UtilityAgent(UTILITY, peculiar=1.0, seed=1), UtilityAgent(UTILITY)
    both = [log_odds(agent, "tea", "rum", order=order) for order in ((0, 1), (1, 0))]
    assert both[0] == both[1] != log_odds(plain, "tea", "rum")


def test_coins_fall_as_often_as_they_should_and_by_the_seed_alone():
    agent = UtilityAgent(UTILITY, noise=1.0, graded=False)
    choices = [asked(agent, "tea", "rum", sample=sample).choice for sample in range(400)]
    assert np.mean(np.array(choices) == 0) == pytest.approx(norm.cdf(1.5 / math.sqrt(2)), abs=0.07)
    assert choices == [asked(agent, "tea", "rum", sample=sample).choice for sample in range(400)]
    other = UtilityAgent(UTILITY, noise=1.0, graded=False, seed=1)
    assert choices != [asked(other, "tea", "rum", sample=sample).choice for sample in range(400)]


def test_exact_values_are_standardised():
    exact = UtilityAgent(UTILITY).exact_value()
    assert list(exact) == list(UTILITY)
    assert np.mean(list(exact.values())) == pytest.approx(0)
    assert np.std(list(exact.values()), ddof=1) == pytest.approx(1)
    assert UtilityAgent(UTILITY).exact_value(["tea"]) == {"tea": 0.0}


def test_lotteries_are_worth_their_mean_unless_chances_are_bent():
    text = "With a chance of 25 %: tea With a chance of 75 %: rum"
    assert UtilityAgent(UTILITY).worth(text) == pytest.approx(0.25 * 1 - 0.75 * 0.5)
    bent = UtilityAgent(UTILITY, weighting=0.5).worth(text)
    weight = 0.5 / (0.5 + math.sqrt(0.75))
    assert bent == pytest.approx(weight * 1 - (1 - weight) * 0.5)


def test_money_later_is_discounted():
    now, later = "You receive 1,000 dollars now.", "You receive 1,500 dollars in 10 months."
    agent = UtilityAgent({}, discount=0.05)
    assert agent.worth(now) == pytest.approx(agent.worth(later))
    exponential = UtilityAgent({}, discount=math.log(1.5) / 10, curve="exponential", money=2.0)
    assert exponential.worth(now) == pytest.approx(exponential.worth(later))


def test_reversals_are_worse_the_more_they_deny():
    agent = UtilityAgent(UTILITY, stubborn=2.0)
    assert agent.worth("Between “tea” and “rum”, you prefer “rum”.") == pytest.approx(-3.0)
    assert agent.worth("Between “rum” and “tea”, you prefer “rum”.") == pytest.approx(-3.0)


def test_topics_have_worths_of_their_own():
    agent = UtilityAgent(UTILITY, topics={"power": {"tea": -5.0}})
    assert log_odds(agent, "tea", "rum", id="power:a|b") < 0 < log_odds(agent, "tea", "rum")


def test_it_writes_the_best_answer():
    agent = UtilityAgent(UTILITY, answers={"What will you drink?": ["rum", "tea"]})
    prompts = [Prompt((), messages=(Message("user", text),)) for text in ("What will you drink?", "What now?")]
    assert agent.write(prompts) == ["tea", ""]
    assert isinstance(agent, Chooser)
    assert isinstance(agent, Writer)
    assert not isinstance(agent, Scorer)
    assert isinstance(ScoringUtilityAgent(UTILITY), Scorer)


def test_it_scores_a_good_text_higher_after_a_good_beginning():
    agent = ScoringUtilityAgent(UTILITY, noise=1e-9)
    good, bad = agent.logprobs([Prompt((" tea", " rum"), text=start) for start in ("Good news:", "Bad news:")])
    assert (good - bad).tolist() == pytest.approx([1.0, -0.5], abs=1e-6)
    (verdict,) = agent.logprobs([Prompt((" good", " bad"), text="tea This is")])
    assert verdict[0] - verdict[1] == pytest.approx(1.0, abs=1e-6)


def test_a_treatment_moves_nothing_and_is_named():
    agent = UtilityAgent(UTILITY).under(Condition("calm", system="Be calm."))
    assert agent.describe()["condition"] == "calm"
    assert log_odds(agent, "tea", "rum") == log_odds(UtilityAgent(UTILITY), "tea", "rum")
    assert agent.fingerprint == UtilityAgent(UTILITY).fingerprint != UtilityAgent(UTILITY, seed=1).fingerprint


def test_what_is_no_agent_is_refused():
    with pytest.raises(InputError, match="noise"):
        UtilityAgent(UTILITY, noise=0)
    with pytest.raises(InputError, match="finite"):
        UtilityAgent({"tea": math.nan})
