from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.banks.bank import find_bank
from weigh.core.abilities import abilities
from weigh.core.errors import InputError
from weigh.core.question import Ask, Condition, Prompt
from weigh.judges import letters
from weigh.loops.elicit import Interview
from weigh.measure import evaluative, stated
from weigh.measure._asks import PRIMES, FluencyFrame
from weigh.measure._contrasts import contrasts, fit_values
from weigh.ops.contrasts import pair_design
from weigh.testbeds.planted import CERTAIN, PUSH, Planted, PlantedChooser

BANK = find_bank("pilot")
THETA = dict(zip(BANK.values, (1.0, -2.0, 0.5, 0.0, -3.0, 2.5, 1.5, 0.0, 1.0, -0.5), strict=True))


def planted(**rest):
    return Planted(BANK, theta=THETA, **rest)


def differences(judge, frame):
    """d of the first dilemmas and controls in the original wording, as a frame's prompts bring it in."""
    found = []
    for item in (*BANK.dilemmas[:6], *BANK.controls[:2]):
        ask = Ask(item.question(), frame.name)
        reply = frame.read(ask, judge.logprobs(frame.render(ask)))
        found.append(reply.scores[0] - reply.scores[1])
    return np.array(found)


def test_the_abilities_can_be_switched():
    assert abilities(planted()) == ("choose", "logprobs")
    assert abilities(PlantedChooser(BANK, theta=THETA)) == ("choose",)


def test_the_profile_is_centred_and_has_the_effect_as_its_sd():
    exact = np.array(list(planted(effect=0.35).exact_value().values()))
    assert exact.mean() == pytest.approx(0, abs=1e-12)
    assert exact.std() == pytest.approx(0.35)
    assert set(planted(effect=0).exact_value().values()) == {0.0}


def test_the_planted_variances_are_those_of_the_definition():
    # over 300 seeds: y has variance 1, and two wordings correlate by .45; errors of the means are about .006 and .006
    variances, correlations = [], []
    for seed in range(300):
        judge = planted(effect=0.35, seed=seed)
        both = np.array([list(judge._drawn[item.id].d.values()) for item in BANK.dilemmas]).T
        variances.append(both.mean(axis=0).var(ddof=1))
        correlations.append(np.corrcoef(both)[0, 1])
    assert np.mean(variances) == pytest.approx(1.0, abs=0.03)
    assert np.mean(correlations) == pytest.approx(0.45, abs=0.03)


@pytest.mark.parametrize("instrument", ["stated", "evaluative"])
def test_without_noise_the_estimator_finds_the_planted_values(instrument):
    judge = planted(noise=0.0, position=3.0)
    interview = Interview(judge, BANK.version)
    module = stated if instrument == "stated" else evaluative
    module.ask(interview, BANK, primes=False)
    values = fit_values(contrasts(interview.answers(), BANK, instrument=instrument), instrument)
    exact = judge.exact_value()
    np.testing.assert_allclose(values.mean, [exact[value] for value in values.items], atol=1e-9)


@pytest.mark.parametrize("frame", evaluative.FRAMES, ids=lambda frame: frame.name)
def test_every_frame_reads_the_same_evidence(frame):
    judge = planted(seed=3)
    items = (*BANK.dilemmas[:6], *BANK.controls[:2])
    expected = [judge._drawn[item.id].d["original"] for item in items]
    np.testing.assert_allclose(differences(judge, frame), expected, atol=1e-9)
    assert expected[-1] == CERTAIN


def test_choosing_and_scoring_letters_agree():
    judge = planted(seed=3, position=1.5, unsteady=0.5)
    item = BANK.dilemmas[0]
    for wording in item.wordings:
        for order in ((0, 1), (1, 0)):
            ask = Ask(item.question(wording), "letters", wording, order)
            scored = letters.read(ask, judge.logprobs(letters.render(ask)))
            (chosen,) = judge.choose([ask])
            assert scored.choice == chosen.choice
            assert scored.p == pytest.approx(chosen.p)
            assert scored.mass == pytest.approx(chosen.mass)


def test_the_fast_answers_are_those_of_an_interview():
    judge = planted(seed=5, position=0.7, fluency=0.4, unsteady=0.3)
    interview = Interview(judge, BANK.version)
    stated.ask(interview, BANK, primes=False)
    slow, fast = (contrasts(a, BANK, instrument="stated") for a in (interview.answers(), judge.answers()))
    np.testing.assert_allclose(slow.d, fast.d, atol=1e-9)
    np.testing.assert_allclose(slow.orders, fast.orders, atol=1e-9)
    np.testing.assert_allclose(slow.controls, fast.controls, atol=1e-9)
    np.testing.assert_allclose(slow.fluency, fast.fluency, atol=1e-9)


def test_habits_make_fluency_follow_the_values():
    def of_values(habit):
        judge = planted(habit=habit, seed=2)
        fluency = [np.subtract(*judge._drawn[item.id].fluency) for item in BANK.dilemmas]
        place = {value: i for i, value in enumerate(BANK.values)}
        design = pair_design([(place[a], place[b]) for a, b in (item.values for item in BANK.dilemmas)], 10)
        rest = fluency - design @ np.linalg.pinv(design) @ fluency
        return 1 - np.var(rest) / np.var(fluency)

    # nine of 90 dimensions explain a tenth of anything
    assert of_values(0.0) < 0.3
    assert of_values(1.0) == pytest.approx(1)


@pytest.mark.parametrize("habit", [0.0, 0.6])
def test_fluency_is_offered_and_weighed(habit):
    judge = planted(effect=0.0, noise=0.0, fluency=2.0, habit=habit)
    for item in BANK.dilemmas[:5]:
        ask = Ask(item.question(), "fluency")
        reply = FluencyFrame().read(ask, judge.logprobs(FluencyFrame().render(ask)))
        assert 2.0 * (reply.scores[0] - reply.scores[1]) == pytest.approx(judge._drawn[item.id].d["original"])


@pytest.mark.parametrize("template", PRIMES)
@pytest.mark.parametrize("responsive", [True, False])
def test_a_prime_moves_only_who_is_responsive(template, responsive):
    judge = planted(responsive=responsive)
    item, frame = BANK.dilemmas[0], evaluative.FAST_FRAMES[0]
    phrases = BANK.taxonomy.phrases

    def d(value, how):
        condition = Condition(f"{template}:{value}", prime=PRIMES[template].format(phrase=phrases[value]))
        ask = Ask(item.question(), frame.name, order=() if how == "text" else (1, 0), condition=condition)
        if how == "text":
            reply = frame.read(ask, judge.logprobs(frame.render(ask)))
        else:
            (reply,) = judge.choose([ask])
        return reply.scores[0] - reply.scores[1]

    for how in ("text", "letters"):
        shift = d(item.values[0], how) - d(item.values[1], how)
        assert shift == pytest.approx(2 * PUSH if responsive else 0.0)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(24)))
def test_the_order_of_asking_changes_nothing(order):
    judge = planted(unsteady=1.0)
    prompts = [
        prompt
        for item in BANK.dilemmas[:3]
        for frame in evaluative.FRAMES[:4]
        for prompt in frame.render(Ask(item.question(), frame.name))
    ]
    assert len(prompts) == 24
    mixed = judge.logprobs([prompts[i] for i in order])
    for i, scores in zip(order, mixed, strict=True):
        np.testing.assert_array_equal(scores, judge.logprobs([prompts[i]])[0])


def test_a_part_of_a_bank_gets_the_same_answers():
    part = BANK.balanced(30)
    whole, some = planted(noise=1.0), Planted(part, theta=THETA)
    item = part.dilemmas[7]
    # the scale of the noise follows the bank's own design, so what is drawn is compared without it
    assert whole._drawn[item.id].fluency == some._drawn[item.id].fluency


def test_seeds_differ_and_fingerprints_follow():
    a, b = planted(seed=1), planted(seed=2)
    assert a.fingerprint != b.fingerprint
    assert a.fingerprint == planted(seed=1).fingerprint
    assert a._drawn["d000"].d != b._drawn["d000"].d


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ({"theta": {"power": 1.0}}, "theta needs one number for each of"),
        ({"theta": dict.fromkeys(BANK.values, 1.0)}, "give effect=0"),
        ({"theta": dict.fromkeys(BANK.values, 0.07)}, "give effect=0"),
        ({"theta": THETA, "effect": 0.9}, "leaves no room for noise"),
    ],
)
def test_what_cannot_be_planted_is_named(rest, message):
    with pytest.raises(InputError, match=message):
        Planted(BANK, **rest)


@pytest.mark.parametrize("text", ["Nobody knows this", "You decide to"])
def test_a_prompt_about_nothing_known_is_named(text):
    with pytest.raises(InputError, match="knows no"):
        planted().logprobs([Prompt((" fly to the moon.", " stay here."), text=text)])
