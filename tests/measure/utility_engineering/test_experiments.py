"""Each experiment recovers what an agent has, and says so where it has nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.stats import rng
from weigh.judges.promptless import Promptless
from weigh.judges.recorded import Recorded
from weigh.loops.elicit import Interview
from weigh.measure.utility_engineering import ask, utility_engineering
from weigh.measure.utility_engineering.corrigibility import corrigibility, reversal_text, reversals
from weigh.measure.utility_engineering.discounting import amounts, discounting
from weigh.measure.utility_engineering.discounting import ask as ask_money
from weigh.measure.utility_engineering.elicitation import ask_rounds
from weigh.measure.utility_engineering.exchange_rates import amounts_bank, exchange
from weigh.measure.utility_engineering.expected_utility import (
    Lottery,
    expected_utility,
    explicit_lotteries,
    explicit_lottery,
    implicit_lotteries,
)
from weigh.measure.utility_engineering.fit import Utilities, utilities
from weigh.measure.utility_engineering.instrumentality import instrumentality, world_fits, worlds_of
from weigh.measure.utility_engineering.maximisation import ask as ask_open
from weigh.measure.utility_engineering.maximisation import match, maximisation, read
from weigh.measure.utility_engineering.political_values import ask as ask_policies
from weigh.measure.utility_engineering.political_values import played, political_values
from weigh.measure.utility_engineering.power import fitness, power
from weigh.testbeds.utility_agent import UtilityAgent

CASES = json.loads((Path(__file__).parents[2] / "cases" / "utility_engineering.json").read_text("utf-8"))


def known(utility):
    """Utilities as if they had been fitted."""
    mean = np.array(list(utility.values()), dtype=float)
    return Utilities(tuple(utility), mean, None, 0, "stated", {"no_preference": False})


# --- lotteries


@pytest.mark.parametrize("case", CASES["lotteries"])
def test_known_expected_utilities(case):
    utility = {**case["utility"], "lottery": case["expected"], "other": 0.0}
    lotteries = [Lottery("lottery", "", case["chances"]), Lottery("other", "", {next(iter(case["chances"])): 1.0})]
    result = expected_utility(known(utility | {"other": case["utility"]["a"]}), lotteries)
    assert result.numbers["mae"] == pytest.approx(0)


def test_explicit_lotteries_are_whole_percents_that_sum_to_a_hundred(texts):
    lotteries = explicit_lotteries(texts, 60)
    assert [len(one.chances) for one in lotteries] == [2, 3] * 30
    for one in lotteries:
        percents = [round(100 * p) for p in one.chances.values()]
        assert sum(percents) == 100
        assert min(percents) >= 1
        assert all(texts[id] in one.text for id in one.chances)
    assert explicit_lottery(7, texts) == lotteries[7]
    with pytest.raises(InputError, match="three outcomes"):
        explicit_lottery(0, dict(list(texts.items())[:2]))


def test_an_agent_of_expected_utility_is_told_from_one_that_bends_chances(answers_of, agent, bank):
    sound, bent = (
        utility_engineering(answers_of(agent(weighting=gamma), experiments="expected_utility"), bank)
        for gamma in (1.0, 0.1)
    )
    sound, bent = sound.notes["expected_utility"], bent.notes["expected_utility"]
    assert sound["correlation"] > 0.99
    assert sound["slope"] == pytest.approx(1, abs=0.1)
    assert sound["mae"] < 0.1 < bent["mae"]
    assert sound["same_order"] > 0.95 > bent["same_order"]


def test_lotteries_of_none_have_no_correlation(answers_of, follower, tosser, bank):
    for judge in (follower, tosser):
        notes = utility_engineering(answers_of(judge, experiments="expected_utility"), bank).notes
        r = notes["expected_utility"]["correlation"]
        assert r is None or abs(r) < 0.6
    assert notes["verdict"]["level"] != "differences"


def test_implicit_lotteries_come_from_the_bank():
    ways = [("way-1", 0.3), ("way-2", 0.7)]
    items = [Item("event", "It happens.", (), "outcome", labels={"set": "events"})]
    items += [Item(id, id, (), "outcome", labels={"set": "events", "of": "event", "probability": p}) for id, p in ways]
    assert implicit_lotteries(Bank.of(BankCard("x"), items)) == [Lottery("event", "It happens.", dict(ways))]
    with pytest.raises(InputError, match="two or more"):
        expected_utility(known({"event": 1.0}), implicit_lotteries(Bank.of(BankCard("x"), items)))


# --- two-step worlds


@pytest.fixture(scope="module")
def worlds_bank():
    """Six worlds of two first steps and two ends, and their turned transitions."""
    draw, items = rng(0, "worlds"), []
    for k in range(6):
        p = draw.uniform(0.7, 0.95)
        for first, chance in (("a", p), ("b", 1 - p)):
            id, labels = f"w{k}{first}", {"set": "processes", "process": f"w{k}"}
            items.append(Item(id, f"World {k} goes {first}.", (), "outcome", labels={**labels, "step": 1}))
            for last, natural in (("x", chance), ("y", 1 - chance)):
                more = {**labels, "step": 2, "after": id, "natural": natural, "unnatural": 1 - natural}
                story = f"World {k} goes {first}. -> It ends {last}."
                items.append(Item(f"{id}{last}", story, (), "outcome", labels=more))
    return Bank.of(BankCard("worlds"), [*items, Item("o0", "Tea.", (), "outcome"), Item("o1", "Rum.", (), "outcome")])


def consistent(bank, natural=True):
    draw, utility = rng(1, "ends"), {}
    for world in worlds_of(bank):
        last = draw.standard_normal(len(world.last))
        utility |= dict(zip(world.last, last.tolist(), strict=True))
        transition = world.natural if natural else world.unnatural
        utility |= dict(zip(world.first, (transition @ last).tolist(), strict=True))
    return utility


def test_values_that_follow_from_ends_look_instrumental_in_natural_worlds(worlds_bank):
    result = instrumentality(known(consistent(worlds_bank)), worlds_of(worlds_bank))
    assert result.numbers["natural"] < 0.02 < 0.1 < result.numbers["unnatural"]
    assert result.numbers["low"] > 0
    turned = instrumentality(known(consistent(worlds_bank, natural=False)), worlds_of(worlds_bank))
    assert turned.numbers["unnatural"] < 0.02 < 0.1 < turned.numbers["natural"]


def test_an_agent_that_values_means_by_their_ends_is_found_out(worlds_bank):
    utility = consistent(worlds_bank)
    judge = UtilityAgent({worlds_bank.by_id[id].situation: u for id, u in utility.items()} | {"Tea.": 1, "Rum.": 0})
    interview = Interview(judge, worlds_bank.version)
    ask(interview, worlds_bank, experiments=["instrumentality"])
    notes = utility_engineering(interview.answers(), worlds_bank).notes
    assert notes["instrumentality"]["natural"] < 0.03 < 0.1 < notes["instrumentality"]["unnatural"]
    assert len(notes["instrumentality: by_world"]) == 6


def test_worlds_with_missing_steps_are_left_out_and_torn_ones_refused(worlds_bank):
    utility = consistent(worlds_bank)
    utility.pop("w0a")
    result = instrumentality(known(utility), worlds_of(worlds_bank))
    assert (result.numbers["n_worlds"], result.numbers["n_left_out"]) == (5, 1)
    with pytest.raises(InputError, match="no utility"):
        world_fits(utility, worlds_of(worlds_bank))
    with pytest.raises(InputError, match="no worlds"):
        instrumentality(known({"x": 1.0}), worlds_of(worlds_bank))
    orphan = Item(
        "z", "Z.", (), "outcome", labels={"set": "processes", "process": "p", "step": 2, "after": "y", "natural": 1}
    )
    with pytest.raises(InputError, match="no first step"):
        worlds_of(Bank.of(BankCard("x"), [orphan]))


def test_a_bank_without_turned_transitions_has_natural_worlds_only(worlds_bank):
    items = [replace(i, labels={k: x for k, x in i.labels.items() if k != "unnatural"}) for i in worlds_bank.items]
    worlds = worlds_of(Bank.of(BankCard("x"), items))
    result = instrumentality(known(consistent(worlds_bank)), worlds)
    assert "unnatural" not in result.numbers
    with pytest.raises(InputError, match="implausible"):
        world_fits(consistent(worlds_bank), worlds, natural=False)


# --- exchange rates


def test_exchange_rates_are_recovered_from_choices():
    bank = amounts_bank({"tea": "{n} cups of tea.", "rum": "{n} glasses of rum."}, amounts=(1, 2, 5, 10, 50, 200))
    assert bank.outcomes[-1].situation == "200 glasses of rum."
    worth = {
        i.situation: 0.5 * np.log(i.labels["amount"] * (3 if i.labels["good"] == "rum" else 1)) for i in bank.outcomes
    }
    interview = Interview(UtilityAgent(worth, noise=0.4, peculiar=0.2), bank.version)
    ask(interview, bank, edges=3.0)
    notes = utility_engineering(interview.answers(), bank).notes
    (rate,) = (row for row in notes["exchange_rates: rates"] if (row["good"], row["other"]) == ("tea", "rum"))
    assert rate["low"] < 3 < rate["high"]
    assert rate["rate"] == pytest.approx(3, rel=0.3)
    assert any(drawn["kind"] == "heatmap" for drawn in notes["figures"])


def test_there_are_no_rates_where_more_is_not_worth_more(answers_of, bank, follower):
    labels = {str(i): {"good": "ab"[i % 2], "amount": i + 1} for i in range(6)}
    falling = exchange(known({str(i): float(-i) for i in range(6)}), labels)
    assert falling.numbers["rates"] == []
    assert "more of it is not worth more" in falling.told
    assert exchange(known({"0": 1.0, "1": 2.0}), labels) is None
    flat = exchange(known({str(i): 0.0 for i in range(6)}), labels)
    assert flat.numbers["rates"] == []


def test_a_bank_of_amounts_has_money_as_its_background():
    bank = amounts_bank({"lives": "{n} lives are saved."}, money="You receive ${n}.", n_money=10)
    assert [i.situation for i in bank.outcomes[-10::9]] == ["You receive $1.", "You receive $1,000,000,000."]
    assert len(bank.outcomes) == 28 + 10
    for goods, rest in (({}, {}), ({"tea": "some tea"}, {}), ({"tea": "{n} cups"}, {"amounts": (0, 1)})):
        with pytest.raises(InputError):
            amounts_bank(goods, **rest)


# --- money later


@pytest.mark.parametrize("curve", ["hyperbolic", "exponential"])
@pytest.mark.parametrize("graded", [True, False])
def test_the_curve_and_its_rate_are_recovered(bank, curve, graded):
    judge = UtilityAgent({}, curve=curve, discount=0.06, noise=0.2, graded=graded)
    interview = Interview(judge, bank.version)
    ask_money(interview, samples=1 if graded else 5)
    numbers = discounting(interview.answers()).numbers
    assert numbers["better"] == curve
    assert numbers[f"{curve}_rate"] == pytest.approx(0.06, rel=0.1)
    assert numbers["accuracy"] > 0.85
    assert numbers["n_pairs"] == 11 * 15


@pytest.mark.parametrize("how", [{"graded": False}, {"position": 3.0}])
def test_discounting_of_none_is_no_discounting(bank, how):
    interview = Interview(UtilityAgent({}, money=0.0, **how), bank.version)
    ask_money(interview)
    (check,) = discounting(interview.answers()).findings
    assert not check.passed


def test_one_month_is_one_month(bank):
    interview = Interview(UtilityAgent({}), bank.version)
    ask_money(interview, delays=(1,), sums=(1500,))
    assert set(interview.answers().question.tolist()) == {"discounting:now|later-1-1500"}
    assert amounts(30)[:3] == (500, 600, 700)
    assert amounts(30)[-1] == 30_000
    (check,) = discounting(interview.answers()).findings
    assert check.passed is None


def test_sums_recorded_without_an_order_are_asked_for_without_one(bank):
    interview = Interview(UtilityAgent({}, discount=0.06, noise=0.2), bank.version)
    ask_money(interview)
    given = interview.answers()
    first = given.select(np.array([order == (0, 1) for order in given.order]))
    judge = Recorded.of(
        Answers(question=first.question, choice=first.choice, p=first.p, frame=first.frame), name="r", fingerprint="r"
    )
    assert judge.unordered
    again = Interview(judge, bank.version)
    ask_money(again)
    assert set(again.answers().status.tolist()) == {"ok"}


# --- power, kinship, corrigibility


def test_power_is_correlated_with_what_is_preferred(answers_of, agent, bank, texts):
    utility = agent().utility
    draw = rng(3, "power")
    noise = {text: 0.5 * draw.standard_normal() for text in texts.values()}
    for sign in (1, -1):
        judge = agent(topics={"power": {text: sign * utility[text] + noise[text] for text in texts.values()}})
        notes = utility_engineering(answers_of(judge, experiments="power"), bank).notes["power"]
        assert sign * notes["correlation"] > 0.7
        assert notes["low"] < notes["correlation"] < notes["high"]
    unrelated = agent(topics={"power": {text: float(draw.standard_normal()) for text in texts.values()}})
    notes = utility_engineering(answers_of(unrelated, experiments="power"), bank).notes["power"]
    assert notes["low"] < 0 < notes["high"]


def test_power_by_group_and_kinship():
    preferred, powerful = (
        {str(i): x for i, x in enumerate(xs)} for xs in ([0, 1, 2, 3, 0, 1, 2, 3.0], [0, 1, 2, 3, 3, 2, 1, 0.0])
    )
    result = power(
        known(preferred), known(powerful), groups={"coercive": list("0123"), "other": list("4567"), "few": ["0"]}
    )
    assert {row["group"]: round(row["correlation"]) for row in result.numbers["by_group"]} == {
        "coercive": 1,
        "other": -1,
    }
    with pytest.raises(InputError, match="a correlation needs"):
        power(known({"0": 1.0}), known(powerful))
    labels = {str(i): {"relatedness": i / 10} for i in range(4)}
    assert fitness(known(preferred), labels).numbers["correlation"] == pytest.approx(1)
    assert fitness(known(preferred), {}) is None
    assert "does not vary" in power(known(dict.fromkeys("0123", 0.0)), known(powerful)).told


@pytest.mark.parametrize(("stubborn", "sign"), [(1.0, -1), (-1.0, 1)])
def test_holding_on_to_preferences_shows(answers_of, agent, bank, stubborn, sign):
    notes = utility_engineering(answers_of(agent(stubborn=stubborn), experiments="corrigibility"), bank).notes
    assert sign * notes["corrigibility"]["correlation"] > 0.95
    assert notes["corrigibility"]["n_outcomes"] == 40


def test_an_agent_that_does_not_mind_has_no_such_correlation(answers_of, agent, bank):
    notes = utility_engineering(answers_of(agent(), experiments="corrigibility"), bank).notes
    assert notes["corrigibility"]["correlation"] is None
    assert "does not vary" in notes["experiments"]["corrigibility"]


def test_reversals_put_the_worse_over_the_better():
    found = known({"a": 1.0, "b": 0.0, "c": -1.0})
    assert set(reversals(found, 10)) == {"b over a", "c over a", "c over b"}
    text = reversal_text("b over a", {"a": "Tea.", "b": "Rum."})
    assert text == "Between “Tea.” and “Rum.”, you prefer “Rum.”."
    with pytest.raises(InputError, match="correlation needs"):
        corrigibility(_no_answers(), found)


def _no_answers():
    from weigh.core.evidence import Answers

    return Answers(question=["x"], choice=[0])


# --- open questions


@pytest.fixture(scope="module")
def questions():
    """Five open questions with eight answers each, and what they are worth."""
    draw, items, worth = rng(5, "answers"), [], {}
    for k in range(5):
        listed = [f"answer {k} {name}" for name in ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen")]
        worth |= dict(zip(listed, draw.standard_normal(8).tolist(), strict=True))
        labels = {"answers": listed, "pair_prompt": f"Which beast, {k}?"}
        items.append(Item(f"q{k}", f"Which beast, {k}? Just name it.", (), "open", labels=labels))
    outcomes = [Item("o0", "Tea.", (), "outcome"), Item("o1", "Rum.", (), "outcome")]
    return Bank.of(BankCard("beasts"), [*items, *outcomes]), worth


class Says(UtilityAgent):
    """An agent that says something of its own to open questions."""

    def __init__(self, utility, says, **rest):
        super().__init__(utility, **rest)
        self.says = says

    def write(self, prompts, **how):
        return [self.says(prompt.messages[-1].text) for prompt in prompts]


def maximised(bank, judge, reader=None):
    interview = Interview(judge, bank.version)
    ask_open(interview, bank.open)
    if reader is not None:
        read(Interview(reader, bank.version, rows=interview.rows), interview.answers(), bank)
    return maximisation(interview.answers(), bank).numbers


def test_who_says_what_it_prefers_maximises(questions):
    bank, worth = questions
    open_ = {item.situation: item.labels["answers"] for item in bank.open}
    found = maximised(bank, UtilityAgent(worth, answers=open_))
    assert (found["top_1"], found["top_3"], found["top_5"]) == (1, 1, 1)
    assert found["top_1_chance"] == pytest.approx(1 / 8)
    worst = maximised(bank, Says(worth, lambda text: min(_listed(bank, text), key=worth.get)))
    assert (worst["top_1"], worst["top_5"]) == (0, 0)
    assert all(row["rank"] == 8 for row in worst["by_question"])


def _listed(bank, text):
    return next(item.labels["answers"] for item in bank.open if item.situation in text)


def test_a_reply_that_is_no_answer_is_counted_and_bounds_the_share(questions):
    bank, worth = questions
    found = maximised(bank, Says(worth, lambda text: "A unicorn."))
    assert (found["top_1"], found["n_unmatched"]) == (0, 5)
    assert found["bounds_if_unmatched"] == [0, 1]


class Matcher(Promptless):
    """Takes the answer with the beast that a reply describes, or none of these."""

    name, fingerprint = "matcher", "matcher"

    def __init__(self, beast):
        self.beast = beast

    def describe(self):
        return {}

    def choose(self, asks):
        from weigh.core.question import Reply

        places = [[i for i, text in enumerate(ask.question.options) if self.beast in text] for ask in asks]
        return [
            Reply(choice=at[0] if at else len(ask.question.options) - 1) for at, ask in zip(places, asks, strict=True)
        ]


def test_a_second_judge_matches_what_the_text_does_not(questions):
    bank, worth = questions
    describes = Says(worth, lambda text: "the one that purrs")
    assert maximised(bank, describes)["n_unmatched"] == 5
    found = maximised(bank, describes, Matcher("cat"))
    assert found["n_unmatched"] == 0
    assert {row["matched"] for row in found["by_question"]} == {f"answer {k} cat" for k in range(5)}
    assert maximised(bank, describes, Matcher("unicorn"))["n_unmatched"] == 5


def test_none_says_so(questions):
    bank, worth = questions
    found = maximised(bank, Says(dict.fromkeys(worth, 0.0), lambda text: _listed(bank, text)[0], position=3.0))
    assert found["top_1"] == 0
    with pytest.raises(InputError, match="reply"):
        maximisation(_no_answers(), bank)


@pytest.mark.parametrize("case", CASES["matching"])
def test_known_matches(case):
    assert match(case["reply"], case["listed"]) == case["place"]


def test_an_embedder_matches_by_nearness():
    def embed(texts):
        vectors = {"the land of the rising sun": [1.0, 0.0], "Japan": [0.9, np.sqrt(0.19)], "Peru": [0.0, 1.0]}
        return np.array([vectors.get(text, [0.0, -1.0]) for text in texts], dtype=np.float32)

    assert match("the land of the rising sun", ["Peru", "Japan"], embed=embed) == 1
    assert match("nowhere", ["Peru", "Japan"], embed=embed) is None


# --- policies


def test_a_model_lies_nearest_to_whom_it_resembles():
    draw = rng(2, "policies")
    own = {f"Policy {i}.": float(x) for i, x in enumerate(draw.standard_normal(12))}
    friend = {text: x + 0.3 * draw.standard_normal() for text, x in own.items()}
    stranger = {text: float(x) for text, x in zip(own, draw.standard_normal(12), strict=True)}
    foe = {text: -x for text, x in own.items()}
    judge = UtilityAgent(own, topics={"policies as Ada": friend, "policies as Bo": stranger, "policies as Cy": foe})
    items = [Item(f"p{i}", text, (), "outcome", labels={"set": "policies"}) for i, text in enumerate(own)]
    bank = Bank.of(BankCard("x"), [*items, Item("o0", "Tea.", (), "outcome"), Item("o1", "Rum.", (), "outcome")])
    interview = Interview(judge, bank.version)
    ask(interview, bank, experiments="political-values", entities="Ada, Bo, Cy")
    assert played(interview.answers()) == ["Ada", "Bo", "Cy"]
    notes = utility_engineering(interview.answers(), bank).notes
    assert notes["political_values"]["nearest"] == "Ada"
    assert [row["name"] for row in notes["political_values: by_entity"]] == ["Ada", "Bo", "Cy"]
    assert sum(notes["political_values: explained"]) > 0.8
    drawn = next(one for one in notes["figures"] if one["title"] == "Preferences among policies")
    assert [row["label"] for row in drawn["data"]["rows"]] == ["utility agent", "Ada", "Bo", "Cy"]


def test_a_map_needs_others_and_policies(bank):
    with pytest.raises(InputError, match="at least one other"):
        political_values(known({"a": 1.0, "b": 0.0}), {})
    with pytest.raises(InputError, match="two or more"):
        political_values(known({"a": 1.0}), {"Ada": known({"b": 1.0})})
    interview = Interview(UtilityAgent({"A.": 1.0, "B.": 0.0}), bank.version)
    ask_policies(interview, {"a": "A.", "b": "B."})
    assert played(interview.answers()) == []


def test_rounds_of_other_topics_share_nothing_with_preference(bank, texts, agent):
    from weigh.measure.utility_engineering.power import TOPIC

    interview = Interview(agent(), bank.version)
    ask_rounds(interview, texts, topic=TOPIC, hold_out=0)
    with pytest.raises(InputError, match="no pair"):
        utilities(interview.answers(), list(texts))
