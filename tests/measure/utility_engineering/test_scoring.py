"""The whole suite: verdicts, values, notes, recorded files, a part of a bank."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.banks.utility_engineering import read as read_published
from weigh.core.errors import AbilityError, InputError
from weigh.core.evidence import Answers
from weigh.core.figure import Figure
from weigh.core.finding import Finding
from weigh.core.method import find, load
from weigh.core.question import Condition
from weigh.core.values import Values
from weigh.loops.elicit import Interview
from weigh.measure.utility_engineering import EXPERIMENTS, ask, limited, recorded, utility_engineering
from weigh.measure.utility_engineering._controls import PLAIN_IDS
from weigh.measure.utility_engineering.frames import FRAMES, control_shares, frame_utilities
from weigh.testbeds.utility_agent import ScoringUtilityAgent, UtilityAgent

DATA = Path(__file__).parents[3].parent / "shared" / "data" / "utility-engineering"


@pytest.fixture(scope="module")
def sound(answers_of, agent, bank):
    return utility_engineering(answers_of(agent(peculiar=0.5)), bank)


def test_known_utilities_come_out_under_their_texts(sound, agent, texts):
    assert set(sound.items) == set(texts.values())
    exact = agent().exact_value(sound.items)
    assert np.corrcoef(sound.mean, [exact[item] for item in sound.items])[0, 1] > 0.98
    assert (sound.low < sound.mean).all()
    assert sound.who == ("utility agent",)
    assert sound.method == find("utility-engineering").address == "measure/utility_engineering"
    best = max(exact, key=exact.get)
    contrast = sound.contrast(best, min(exact, key=exact.get))
    assert contrast.low > 0
    assert best in sound.ranking().tiers[0]


def test_notes_hold_what_the_page_needs(sound):
    notes = sound.notes
    assert notes["verdict"]["level"] == "differences"
    findings = [Finding.from_json(one) for one in notes["findings"]]
    assert [one.name for one in findings] == ["order swap", "controls", "turned", "held-out", "cycles"]
    assert all(one.passed for one in findings)
    assert {"Utilities", "Mean utility by group"} <= {Figure.from_json(one).title for one in notes["figures"]}
    assert notes["statuses"] == {"ok": sum(notes["statuses"].values())}
    assert notes["baselines"]["circles, coin tosses"] == 0.25
    assert len(notes["cannot"]) == 3
    assert {"fit", "completeness", "transitivity", "experiments"} <= set(notes)
    assert json.loads(json.dumps(notes, allow_nan=False)) == notes
    assert Values.from_json(json.dumps(sound.to_json())) == sound


def test_a_follower_of_position_has_no_preference(answers_of, follower, bank):
    values = utility_engineering(answers_of(follower), bank)
    assert not values.mean.any()
    assert values.low is None
    assert values.notes["verdict"]["level"] == "no preference"
    assert "follow their place" in values.notes["verdict"]["also"][0]
    assert values.notes["findings"][0]["passed"] is False
    assert values.notes["transitivity"]["circular"] == 0.25
    assert values.notes["completeness"]["decisiveness"] == 0.5


def test_coin_tosses_are_called_so(answers_of, tosser, bank):
    values = utility_engineering(answers_of(tosser, edges=3.0), bank)
    assert values.notes["verdict"]["level"] == "unmeasurable"
    assert "coin tosses" in values.notes["verdict"]["sentence"]
    passed = {one["name"]: one["passed"] for one in values.notes["findings"]}
    assert not any(passed[name] for name in ("order swap", "controls", "held-out", "cycles"))
    assert "2.0 answers" in values.notes["cannot"][-1]


def test_a_liking_for_a_place_moves_no_utility(answers_of, agent, bank):
    plain, biased = (utility_engineering(answers_of(agent(position=place)), bank) for place in (0.0, 2.5))
    np.testing.assert_allclose(biased.mean, plain.mean, atol=1e-9)
    assert plain.notes["findings"][0]["value"] == 1 > biased.notes["findings"][0]["value"]


# --- opposite frames


def test_frames_recover_utilities_within_their_intervals(answers_of, agent, bank):
    judge = agent(kind=ScoringUtilityAgent, noise=0.7)
    values = utility_engineering(answers_of(judge, instrument="evaluative"), bank)
    exact = np.array(list(judge.exact_value(values.items).values()))
    assert values.notes["instrument"] == "evaluative"
    assert np.corrcoef(values.mean, exact)[0, 1] > 0.9
    assert ((values.low <= exact) & (exact <= values.high)).mean() >= 0.85
    assert values.notes["dof"] == values.notes["frames"]["n_frames"] - 1
    assert [one["name"] for one in values.notes["findings"]] == ["controls", "turned", "fluency", "frames"]
    assert values.notes["verdict"]["level"] == "differences"
    assert "no choice" in values.notes["cannot"][-1]


def test_frames_of_a_judge_that_reads_nothing_measure_nothing(answers_of, blind, bank):
    values = utility_engineering(answers_of(blind, instrument="evaluative"), bank)
    assert values.notes["verdict"]["level"] == "unmeasurable"
    assert not values.mean.any()
    with pytest.raises(InputError, match="no outcome was scored"):
        frame_utilities(answers_of(blind, instrument="evaluative"), [item.id for item in bank.outcomes])


def test_a_plain_pair_that_is_answered_twice_counts_once(answers_of, agent):
    answers = answers_of(agent(kind=ScoringUtilityAgent), instrument="evaluative")
    nine = answers.select(np.isin(answers.question.astype(str), PLAIN_IDS[:9]))
    twice = nine.select(np.repeat(np.arange(len(nine)), 2))
    assert control_shares(twice) == control_shares(nine)
    assert max(control_shares(twice).values()) == 9 / 20


def test_a_judge_that_goes_by_words_is_told_from_one_that_goes_by_outcomes(answers_of, worth, bank):
    from weigh.measure.utility_engineering._controls import TURNED

    by_words = worth() | {text: sign for pair in TURNED for text, sign in zip(pair, (-2.5, 2.5), strict=True)}
    for kind, instrument in ((UtilityAgent, "stated"), (ScoringUtilityAgent, "evaluative")):
        values = utility_engineering(answers_of(kind(by_words), instrument=instrument), bank)
        assert values.notes["verdict"]["level"] == "unmeasurable"
        assert "Words are evaluated" in values.notes["verdict"]["sentence"]


def test_frames_score_lotteries_and_worlds_too(answers_of, agent, bank):
    judge = agent(kind=ScoringUtilityAgent, noise=0.2)
    notes = utility_engineering(answers_of(judge, instrument="evaluative", experiments="expected_utility"), bank).notes
    assert notes["expected_utility"]["correlation"] > 0.9


def test_frames_are_english_and_need_a_judge_that_scores(bank, agent):
    german = Bank.of(BankCard("de"), [Item(id, id, (), "outcome", language="de") for id in ("Tee.", "Rum.")])
    with pytest.raises(InputError, match="in English"):
        ask(Interview(agent(kind=ScoringUtilityAgent), german.version), german, instrument="evaluative")
    with pytest.raises(AbilityError, match="logprobs"):
        ask(Interview(agent(), bank.version), bank, instrument="evaluative")


def test_frames_under_a_condition_begin_with_it(bank, agent):
    judge = agent(kind=ScoringUtilityAgent).under(Condition("calm", system="Be calm."))
    interview = Interview(judge, bank.version)
    ask(interview, bank, instrument="evaluative")
    starts = {
        row["prompts"][0]["text"].split(". ")[0] for row in interview.rows.values() if row["frame"] == FRAMES[0].name
    }
    assert starts == {"Be calm"}


# --- files, parts, errors


def test_files_of_questions_are_read(answers_of, agent, bank, tmp_path):
    answers = answers_of(agent())
    file = answers.write(tmp_path / "answers.jsonl")
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    columns = {name: [row.get(name) for row in rows] for name in ("question", "choice", "order", "p", "frame")}
    again, same = recorded(columns, bank)
    assert same is bank
    np.testing.assert_allclose(
        utility_engineering(again, bank).mean, utility_engineering(answers, bank).mean, atol=1e-4
    )
    with pytest.raises(InputError, match="need their bank"):
        recorded(columns, None)


def test_files_of_comparisons_carry_their_own_bank(texts, agent):
    judge, listed = agent(), list(texts.values())[:6]
    pairs = [(a, b) for i, a in enumerate(listed) for b in listed[i + 1 :]]
    left, right = (list(side) for side in zip(*pairs, strict=True))
    winner = [max(pair, key=judge.utility.get) for pair in pairs]
    answers, bank = recorded({"left": left, "right": right, "winner": winner, "model": ["m"] * len(pairs)}, None)
    values = utility_engineering(answers, bank)
    assert values.who == ("m",)
    assert [values.items[i] for i in np.argsort(-values.mean)] == sorted(listed, key=judge.utility.get, reverse=True)
    # nobody said in which order they were shown
    assert values.notes["findings"][0]["passed"] is None
    assert values.notes["verdict"]["level"] == "unverified"
    shares = [1 / (1 + math.exp(judge.utility[b] - judge.utility[a])) for a, b in pairs]
    graded, _ = recorded({"left": left, "right": right, "p_left": shares}, bank)
    assert np.corrcoef(utility_engineering(graded, bank).mean, values.mean)[0, 1] > 0.9


def test_a_comparison_by_id_or_text_is_the_same(bank):
    a, b = bank.outcomes[:2]
    both = [
        recorded({"left": [x], "right": [y], "p_left": [0.8]}, bank)[0]
        for x, y in ((a.id, b.id), (a.situation, b.situation))
    ]
    assert both[0].question.tolist() == both[1].question.tolist() == [f"{a.id}|{b.id}"]
    assert both[0].differences()[0] == pytest.approx(math.log(4))
    with pytest.raises(InputError, match="no outcome of bank"):
        recorded({"left": ["x"], "right": [b.id], "p_left": [0.8]}, bank)
    own = recorded({"left": ["x"], "right": ["y"], "p_left": [0.8]}, bank)[1]
    assert [item.id for item in own.outcomes] == ["x", "y"]
    with pytest.raises(InputError, match="expected question and choice"):
        recorded({"left": ["x"]}, bank)


def test_refused_answers_are_counted_and_left_out(answers_of, agent, bank):
    answers = answers_of(agent())
    refused = answers.select(np.arange(100, 120))
    rows = [
        {"question": q, "order": list(o), "frame": "letters", "choice": -1, "status": "refused"}
        for q, o in zip(refused.question, refused.order, strict=True)
    ]
    kept = [
        {"question": q, "order": list(o), "frame": f, "choice": int(c), "scores": s[:2].tolist(), "status": "ok"}
        for q, o, f, c, s in zip(
            answers.question, answers.order, answers.frame, answers.choice, answers.scores, strict=True
        )
    ]
    values = utility_engineering(Answers.from_rows(kept[:100] + kept[120:] + rows), bank)
    assert values.notes["statuses"]["refused"] == values.notes["fit"]["unanswered"] == 20
    # counting them half for each would change next to nothing
    assert values.notes["fit"]["correlation_if_unanswered_were_treated_otherwise"] > 0.9


def test_outcomes_that_nothing_links_are_told_so(bank):
    ids = [item.id for item in bank.outcomes][:4]
    questions = [f"{ids[0]}|{ids[1]}", f"{ids[2]}|{ids[3]}"]
    answers = Answers(question=questions * 2, choice=[0, 0, 0, 1], p=[0.8] * 4, order=[(0, 1)] * 2 + [(1, 0)] * 2)
    values = utility_engineering(answers, bank)
    finding = next(one for one in values.notes["findings"] if one["name"] == "linked")
    assert "2 sets" in finding["sentence"]
    assert values.notes["verdict"]["level"] != "differences"
    assert len(values.items) == 4


def test_a_part_of_a_bank_keeps_what_the_experiments_need(bank):
    whole = Bank.of(bank.card, [*bank.items, Item("p", "A policy.", (), "outcome", labels={"set": "policies"})])
    part = limited(whole, 7)
    assert len(part.outcomes) == 8
    assert part.outcomes[-1].id == "p"
    assert [item.id for item in limited(whole, 500).outcomes] == [item.id for item in whole.outcomes]
    with pytest.raises(InputError, match="2 or more"):
        limited(whole, 1)


def test_what_cannot_be_scored_is_refused(answers_of, agent, bank):
    answers = answers_of(agent())
    two = Answers(question=["o000|o003"] * 2, choice=[0, 1], who=["a", "b"])
    with pytest.raises(InputError, match="2 judges"):
        utility_engineering(two, bank)
    with pytest.raises(InputError, match="2 conditions"):
        utility_engineering(Answers(question=["o000|o003"] * 2, choice=[0, 1], condition=["", "x"]), bank)
    with pytest.raises(InputError, match="by pairs or by frames"):
        utility_engineering(Answers(question=["x"], choice=[0], frame=["y"]), bank)
    twins = Bank.of(BankCard("twins"), [Item(id, "The same.", (), "outcome") for id in "ab"])
    with pytest.raises(InputError, match="one text"):
        utility_engineering(answers, twins)
    alone = Bank.of(BankCard("alone"), [Item("a", "One.", (), "outcome")])
    with pytest.raises(InputError, match="two or more"):
        ask(Interview(agent(), alone.version), alone)


def test_the_card_names_this_function():
    assert load(find("measure/utility_engineering")) is utility_engineering


@pytest.mark.skipif(not DATA.is_dir(), reason="the published files are not on this machine")
def test_all_experiments_on_the_published_bank():
    bank = limited(read_published(DATA), 20)
    keep = {"question-03", "question-04"}
    items = [item for item in bank.items if item.kind != "open" or item.id in keep]
    ends = {"policies": "policy-012", "events": "event-05", "processes": "process-06"}
    bank = Bank.of(bank.card, [item for item in items if item.id < ends.get(item.labels["set"], "z")])
    draw = np.random.default_rng(0)
    utility = {item.situation: float(draw.standard_normal()) for item in bank.outcomes}
    utility |= {answer: float(draw.standard_normal()) for item in bank.open for answer in item.labels["answers"]}
    judge = UtilityAgent(utility, answers={item.situation: item.labels["answers"] for item in bank.open}, stubborn=1.0)
    interview = Interview(judge, bank.version)
    ask(interview, bank, experiments="all", entities=["Ada"], n_lotteries=20)
    notes = utility_engineering(interview.answers(), bank).notes
    assert set(EXPERIMENTS) <= set(notes)
    assert notes["maximisation"]["top_1"] == 1
    assert notes["instrumentality"]["n_worlds"] == 6
    # utilities of first steps were drawn without regard to what follows
    assert notes["instrumentality"]["low"] < 0 < notes["instrumentality"]["high"]
    assert notes["implicit_lotteries"]["n_lotteries"] == 5
    assert notes["expected_utility"]["correlation"] > 0.95
    assert notes["corrigibility"]["correlation"] < -0.9
