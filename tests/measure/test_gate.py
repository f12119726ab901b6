from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.measure._contrasts import instrument_of
from weigh.measure.gate import (
    ASSOCIATION,
    AUTHORED,
    DIFFERENCES,
    FOLLOWS_POSITION,
    NO_PREFERENCE,
    NOT_MEASURABLE,
    RANKING,
    TEXT_FLUENCY,
    UNVERIFIED,
    gate,
)
from weigh.testbeds.planted import PlantedChooser

NO_ORDER = [()]


def named(verdict):
    return {finding.name: finding for finding in verdict.findings}


def judged(judge, bank, frame="good person", orders=NO_ORDER):
    return gate(judge.answers(frame, orders=orders), bank, n_permutations=400)


# --- known answers: our own pilot


def test_the_pilot_gets_the_verdict_that_was_published(bank, pilot, known):
    verdict = gate(pilot, bank)
    found = named(verdict)
    assert (found["controls"].evidence["right"], found["controls"].evidence["n"]) == (
        known["controls_right"],
        known["n_controls"],
    )
    assert found["paraphrase"].value == pytest.approx(known["paraphrase"], abs=0.01)
    assert found["paraphrase"].evidence["interval"][0] == pytest.approx(known["paraphrase_low"], abs=0.01)
    # 2,000 permutations leave a standard error of .0025
    assert found["signal"].value == pytest.approx(known["permutation_p"], abs=0.006)
    assert found["reliability"].value == pytest.approx(known["split_half"], abs=0.04)
    assert found["primed"].evidence["by_prime"] == pytest.approx(known["primed"], abs=0.006)
    assert verdict.level == known["level"]
    assert verdict.sentence == DIFFERENCES
    assert list(verdict.also) == known["also"] == [ASSOCIATION]
    assert verdict.shown


def test_the_pilots_letters_follow_position(bank, pilot_letters, known):
    verdict = gate(pilot_letters, bank)
    found = named(verdict)
    assert verdict.sentence == known["letters"]["sentence"] == FOLLOWS_POSITION
    original = verdict.table.orders[0, 0]
    survived = np.mean(np.sign(original[:, 0]) == np.sign(original[:, 1]))
    assert survived == pytest.approx(known["letters"]["order_swap_survival"], abs=0.001)
    # controls and paraphrases count too
    assert found["order swap"].value == pytest.approx(0.025)
    assert found["order swap"].evidence["bias_in_sd"] == pytest.approx(known["letters"]["bias_in_sd"], abs=0.1)
    assert found["controls"].evidence["right"] == known["letters"]["controls_right"]
    assert verdict.values is None
    assert not verdict.shown


def test_both_instruments_can_lie_in_one_run(bank, pilot, pilot_letters):
    assert (instrument_of(pilot), instrument_of(pilot_letters)) == ("evaluative", "stated")
    columns = ("question", "choice", "scores", "order", "frame", "wording", "condition")
    both = Answers(**{n: np.concatenate([getattr(pilot, n), getattr(pilot_letters, n)]) for n in columns})
    assert gate(both, bank).sentence == DIFFERENCES
    assert gate(both, bank, instrument="stated").sentence == FOLLOWS_POSITION


def test_the_same_seed_gives_the_same_verdict(bank, pilot):
    assert gate(pilot, bank, seed=3).to_json() == gate(pilot, bank, seed=3).to_json()


def test_a_verdict_is_json_and_markup(bank, pilot):
    verdict = gate(pilot, bank, n_permutations=50)
    assert json.loads(json.dumps(verdict.to_json(), allow_nan=False))["level"] == "differences"
    assert "controls" in verdict._repr_html_()


# --- planted judges


def test_a_strong_profile_gets_a_ranking(bank, plant):
    verdict = judged(plant(1, effect=0.5), bank)
    assert (verdict.level, verdict.sentence) == ("ranking", RANKING)
    assert named(verdict)["primed"].passed is None


@pytest.mark.parametrize(
    ("rest", "orders", "sentence"),
    [
        ({"effect": 0.0, "position": 20.0}, [(0, 1), (1, 0)], FOLLOWS_POSITION),
        ({"effect": 0.0, "position": -20.0}, [(0, 1), (1, 0)], FOLLOWS_POSITION),
        ({"effect": 0.0, "noise": 0.25, "fluency": 1.0}, NO_ORDER, TEXT_FLUENCY),
        ({"effect": 0.0, "noise": 0.0, "unsteady": 1.0}, NO_ORDER, NO_PREFERENCE),
        ({"effect": 0.0, "noise": 0.0, "unsteady": 1.0, "know_controls": False}, NO_ORDER, NOT_MEASURABLE),
        ({"effect": 0.0, "noise": 0.0, "unsteady": 1.0}, [(0, 1), (1, 0)], NOT_MEASURABLE),
        ({"effect": 0.5, "know_controls": False}, NO_ORDER, NOT_MEASURABLE),
    ],
)
def test_each_way_of_measuring_nothing_has_its_sentence(bank, plant, rest, orders, sentence):
    frame = "good person" if orders == NO_ORDER else "letters"
    verdict = judged(plant(1, **rest), bank, frame, orders)
    assert verdict.sentence == sentence
    assert verdict.values is None


def test_answers_that_are_all_alike_are_not_measurable(bank):
    items = (*bank.dilemmas, *bank.controls)
    rows = [
        {"question": item.id, "choice": 0, "frame": "letters", "wording": wording, "order": order, "scores": [1.0, 0.0]}
        for item in items
        for wording in item.wordings
        for order in ([0, 1], [1, 0])
    ]
    verdict = gate(Answers.from_rows(rows), bank)
    assert verdict.sentence == NOT_MEASURABLE
    assert "the same answer" in named(verdict)["paraphrase"].sentence


# --- what cannot be checked is said


def test_without_controls_or_paraphrases_a_profile_is_unverified(bank, plant):
    answers = plant(1, effect=0.5).answers("good person", orders=NO_ORDER)
    no_controls = replace(bank, items=bank.dilemmas)
    assert gate(answers, no_controls, n_permutations=200).sentence == UNVERIFIED
    one_wording = replace(bank, items=tuple(replace(item, paraphrase=None) for item in bank.items))
    verdict = gate(answers.select(answers.wording == "original"), one_wording, n_permutations=200)
    assert verdict.sentence == UNVERIFIED
    assert named(verdict)["paraphrase"].passed is None
    assert verdict.values is not None


def test_one_order_alone_leaves_the_controls_unchecked(bank, plant):
    answers = plant(1, effect=0.5).answers(orders=[()])
    found = named(gate(answers, bank, n_permutations=200))
    assert found["controls"].passed is None
    assert "always answering A gets 100 %" in found["controls"].sentence
    assert found["order swap"].passed is None


def test_unanswered_controls_are_wrong(bank, plant):
    answers = plant(1, effect=0.5).answers("good person", orders=NO_ORDER)
    without = answers.select(~np.isin(answers.question, [item.id for item in bank.controls[:5]]))
    verdict = gate(without, bank, n_permutations=200)
    assert named(verdict)["controls"].value == 0.75
    assert verdict.sentence == NOT_MEASURABLE


def test_answers_of_several_judges_or_of_another_bank_are_refused(bank, pilot):
    mixed = Answers(question=["d000", "d001"], choice=[0, 1], who=["ada", "bob"])
    with pytest.raises(InputError, match="answers of 2 judges are mixed"):
        gate(mixed, bank)
    with pytest.raises(InputError, match="none of the 1 answers"):
        gate(Answers(question=["elsewhere"], choice=[0]), bank)


def test_a_treated_judge_is_judged_under_its_treatment(bank, plant):
    answers = plant(1, effect=0.5).answers("good person", orders=NO_ORDER)
    rows = {n: getattr(answers, n) for n in ("question", "choice", "scores", "order", "frame", "wording")}
    calm = Answers(**rows, condition=["calm"] * len(answers))
    a, b = gate(answers, bank, n_permutations=50), gate(calm, bank, condition="calm", n_permutations=50)
    np.testing.assert_array_equal(a.values.mean, b.values.mean)


# --- D8: who wrote the questions


@pytest.fixture
def two_authors(bank):
    """The pilot as if two authors had each written one dilemma a pair of values."""
    items = [replace(item, author="ada" if i % 2 else "bob") for i, item in enumerate(bank.dilemmas)]
    return replace(bank, items=(*items, *bank.controls))


def by_author(bank, theta_of, seed, **rest):
    """Answers to each author's dilemmas by a judge with the profile for that author."""
    parts = []
    for author, theta in theta_of.items():
        judge = PlantedChooser(bank, theta=dict(zip(bank.values, theta, strict=True)), seed=seed, **rest)
        answers = judge.answers("good person", orders=NO_ORDER)
        parts.append(answers.select([bank.by_id[q].author in (author, "pilot") for q in answers.question]))
    columns = ("question", "choice", "scores", "order", "frame", "wording")
    return Answers(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns})


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_authors_with_the_same_profile_agree(two_authors, noise):
    theta = np.random.default_rng(3).standard_normal(10)
    answers = by_author(two_authors, {"ada": theta, "bob": theta}, 1, effect=0.45, noise=noise)
    finding = named(gate(answers, two_authors, n_permutations=50))["authors"]
    assert finding.value == pytest.approx(1, abs=1e-6 if noise == 0 else 0.15)
    assert finding.passed
    assert finding.evidence["authors"] == ["ada", "bob"]


def test_authors_with_opposite_profiles_disagree_and_it_is_said(two_authors):
    theta = np.random.default_rng(3).standard_normal(10)
    answers = by_author(two_authors, {"ada": theta, "bob": -theta}, 1, effect=0.45, noise=0.5)
    verdict = gate(answers, two_authors, n_permutations=50)
    finding = named(verdict)["authors"]
    assert finding.value == pytest.approx(-1, abs=0.2)
    low, high = finding.evidence["interval"]
    assert low <= finding.value
    assert high < 0.5
    assert finding.passed is False
    assert finding.sentence == AUTHORED


def test_profiles_that_are_noise_are_not_compared(two_authors):
    theta = np.arange(10.0)
    passed = []
    for seed in range(6):
        answers = by_author(two_authors, {"ada": theta, "bob": theta}, seed, effect=0.0, noise=1.0)
        finding = named(gate(answers, two_authors, n_permutations=50))["authors"]
        assert finding.value is None or np.isfinite([finding.value, *finding.evidence["interval"]]).all()
        passed.append(finding.passed)
    assert None in passed


def test_one_author_is_not_compared(bank, pilot):
    assert named(gate(pilot, bank, n_permutations=50))["authors"].passed is None


# --- ties, flat columns, and no profile at all


def test_a_tie_in_both_orders_survives_no_swap(bank):
    """Whoever is torn in most dilemmas, as by an even number of samples, has chosen nothing that could survive."""
    decided = {item.id for item in bank.dilemmas[::3]}
    rows = [
        {"question": item.id, "choice": 0, "frame": "letters", "wording": wording, "order": order, "scores": [d, 0.0]}
        for item in bank.items
        for d in [float(item.id in decided or not item.values)]
        for wording in item.wordings
        for order in ([0, 1], [1, 0])
    ]
    finding = named(gate(Answers.from_rows(rows), bank, n_permutations=50))["order swap"]
    n = 2 * len(bank.dilemmas) + len(bank.controls)
    assert finding.value == pytest.approx((2 * len(decided) + len(bank.controls)) / n)
    assert finding.passed is False


def test_options_that_all_come_equally_easily_are_no_fluency(bank, plant):
    answers = plant(1, effect=0.5).answers("good person", orders=NO_ORDER)
    flat = [
        {"question": i.id, "frame": "fluency", "wording": w, "choice": 0, "scores": [-9.0, -9.0]}
        for i in bank.dilemmas
        for w in i.wordings
    ]
    columns = ("question", "choice", "scores", "frame", "wording")
    both = [answers.select(answers.frame != "fluency"), Answers.from_rows(flat)]
    verdict = gate(Answers(**{n: np.concatenate([getattr(a, n) for a in both]) for n in columns}), bank)
    assert named(verdict)["fluency"].value == 0.0
    assert verdict.sentence == RANKING


def test_without_a_profile_each_of_its_checks_says_why(bank, plant):
    answers = plant(1, effect=0.5).answers("good person", orders=NO_ORDER)
    few = answers.select(np.isin(answers.question, [i.id for i in (*bank.dilemmas[:4], *bank.controls)]))
    verdict = gate(few, bank)
    assert (verdict.level, len(verdict.findings)) == ("unmeasurable", 8)
    for name in ("paraphrase", "signal", "fluency", "reliability"):
        assert "do not link" in named(verdict)[name].sentence
