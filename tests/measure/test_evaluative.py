from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from weigh.core.errors import AbilityError, InputError
from weigh.core.evidence import Answers
from weigh.core.question import Ask, Condition
from weigh.judges.recorded import Recorded
from weigh.loops.elicit import Interview
from weigh.measure._contrasts import contrasts
from weigh.measure.evaluative import (
    FAST_FRAMES,
    FRAMES,
    MIN_CONTROLS,
    N_PRIMED_FRAMES,
    ask,
    control_shares,
    evaluative,
    kept_frames,
)
from weigh.measure.gate import gate
from weigh.testbeds.planted import Planted

BY_NAME = {frame.name: frame for frame in FRAMES}
# with S for the situation; what was measured was measured in these words
TEXTS = {
    "right thing": ("S The right thing to do is to", "S The wrong thing to do is to"),
    "best thing": ("S The best thing to do is to", "S The worst thing to do is to"),
    "good person": ("S A good person would", "S A bad person would"),
    "should": ("S You should", "S You should not"),
}
VERDICTS = {
    "good/bad": (" good", " bad"), "wise/foolish": (" wise", " foolish"),
    "great/terrible": (" great", " terrible"), "best/worst": (" best", " worst"),
}  # fmt: skip


def shortened(prompt, item):
    return replace(prompt, text=prompt.text.replace(item.situation, "S"))


@pytest.mark.parametrize("name", TEXTS)
def test_option_frames_score_the_options_after_opposite_beginnings(bank, name):
    item = bank.dilemmas[0]
    good, bad = (shortened(p, item) for p in BY_NAME[name].render(Ask(item.question(), name)))
    assert (good.text, bad.text) == TEXTS[name]
    assert good.continuations == bad.continuations
    assert good.continuations[0] == " plan your own course of study and follow it."


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict_frames_score_two_words_after_each_option(bank, name):
    item = bank.dilemmas[0]
    first, second = (shortened(p, item) for p in BY_NAME[name].render(Ask(item.question(), name)))
    assert first.text == "S You decide to plan your own course of study and follow it. That is"
    assert second.text == "S You decide to join a surprise adventure trip with strangers. That is"
    assert first.continuations == second.continuations == VERDICTS[name]


def test_every_frame_is_one_of_those_measured():
    assert set(BY_NAME) == {*TEXTS, *VERDICTS}
    assert [frame.name for frame in FAST_FRAMES] == ["good person"]


def test_evidence_is_the_good_minus_the_bad(bank):
    item = bank.dilemmas[0]
    options = BY_NAME["should"].read(Ask(item.question(), "should"), [np.array([-5.0, -7.0]), np.array([-6.0, -7.5])])
    assert options.scores == pytest.approx([1.0, 0.5])
    assert options.detail == {"good": [-5.0, -7.0], "bad": [-6.0, -7.5]}
    words = [np.array([-1.0, -3.0]), np.array([-2.0, -2.5])]
    verdict = BY_NAME["good/bad"].read(Ask(item.question(), "good/bad"), words)
    assert verdict.scores == pytest.approx([2.0, 0.5])


def test_a_condition_stands_before_the_situation(bank):
    item = bank.dilemmas[0]
    condition = Condition("c", system="Be calm.", prime="Rest matters.")
    for frame in FRAMES:
        for prompt in frame.render(Ask(item.question(), frame.name, condition=condition)):
            assert prompt.text.startswith(f"Be calm. Rest matters. {item.situation} ")
            assert not prompt.messages


def test_the_whole_interview(bank, plant):
    interview = Interview(plant(kind=Planted), bank.version)
    ask(interview, bank)
    answers = interview.answers()
    plain = answers.select((answers.condition == "") & (answers.frame != "fluency"))
    assert len(plain) == 8 * (20 + 180)
    assert (answers.frame == "fluency").sum() == 180
    primed = answers.select(answers.condition != "")
    assert len(primed) == 22 * 4 * N_PRIMED_FRAMES
    assert len(set(primed.frame.tolist())) == N_PRIMED_FRAMES
    assert not any(answers.order)
    # four frames of two prompts, four of two; one of fluency
    assert interview.cost.calls == 8 * 200 * 2 + 180 + len(primed) * 2


def test_fast_mode_is_one_frame(bank, plant):
    interview = Interview(plant(kind=Planted), bank.version)
    ask(interview, bank, frames=FAST_FRAMES, primes=False)
    assert Counter(interview.answers().frame.tolist()) == {"good person": 200, "fluency": 180}


def test_a_judge_that_fails_the_controls_is_asked_nothing_more(bank, plant):
    interview = Interview(plant(kind=Planted, know_controls=False), bank.version)
    ask(interview, bank)
    assert set(interview.answers().question.tolist()) == {item.id for item in bank.controls}


def test_what_an_interview_would_ask_can_be_counted(bank, plant):
    dry = Interview(plant(kind=Planted), bank.version, dry=True)
    ask(dry, bank)
    wet = Interview(plant(kind=Planted), bank.version)
    ask(wet, bank)
    assert (dry.cost.asked, dry.cost.calls) == (wet.cost.asked, wet.cost.calls)
    assert not dry.rows


def test_only_controls_decide_which_frames_are_kept(bank, pilot, known):
    table = contrasts(pilot, bank, instrument="evaluative")
    shares = dict(zip(table.frames, control_shares(table), strict=True))
    assert {frame: round(share * 20) for frame, share in shares.items()} == known["controls_by_frame"]
    assert min(shares.values()) >= MIN_CONTROLS
    assert kept_frames(table) == list(range(8))
    # one control more wrong in the weakest frame, and it is dropped
    weakest = table.frames.index("wise/foolish")
    controls = table.controls.copy()
    controls[weakest, np.argmax(controls[weakest])] *= -1
    assert kept_frames(replace(table, controls=controls)) == [i for i in range(8) if i != weakest]
    # the dilemmas have no say
    assert kept_frames(replace(table, d=-table.d)) == list(range(8))


def test_without_a_frame_that_passes_there_is_no_profile(bank, plant):
    answers = plant(1, know_controls=False).answers("good person", orders=[()])
    with pytest.raises(InputError, match="no frame gets 80% of the controls"):
        evaluative(answers, bank)


def test_the_pilots_profile(bank, pilot, known):
    values = evaluative(pilot, bank)
    clear = {
        value for value, low, high in zip(values.items, values.low, values.high, strict=True) if low > 0 or high < 0
    }
    assert clear == set(known["clear_of_zero"])
    for value, expected in known["clear_of_zero"].items():
        i = values.items.index(value)
        assert values.mean[i] == pytest.approx(expected["mean"], abs=0.02)
        assert values.high[i] - values.mean[i] == pytest.approx(expected["half_width"], abs=0.02)
    assert values.mean.sum() == pytest.approx(0, abs=1e-9)
    assert values.notes["fluency_controlled"]


def test_options_can_change_places_in_the_bank(bank, pilot_rows):
    def turned(item):
        (situation, options) = item.paraphrase
        return replace(
            item, options=item.options[::-1], values=item.values[::-1], paraphrase=(situation, options[::-1])
        )

    other = replace(bank, items=(*map(turned, bank.dilemmas), *bank.controls))
    controls = {item.id for item in bank.controls}
    rows = [
        r if r["question"] in controls else {**r, "choice": 1 - r["choice"], "scores": r["scores"][::-1]}
        for r in pilot_rows
    ]
    a, b = evaluative(Answers.from_rows(pilot_rows), bank), evaluative(Answers.from_rows(rows), other)
    np.testing.assert_allclose(a.mean, b.mean, atol=1e-9)
    np.testing.assert_allclose(a.low, b.low, atol=1e-9)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_whole_path_gives_what_the_fast_rows_give(bank, plant, seed):
    judge = plant(seed, kind=Planted)
    interview = Interview(judge, bank.version)
    ask(interview, bank, primes=False)
    slow = gate(interview.answers(), bank, n_permutations=200)
    fast = gate(judge.answers("good person", orders=[()]), bank, n_permutations=200)
    assert slow.sentence == fast.sentence
    np.testing.assert_allclose(slow.table.z(), fast.table.z(), atol=1e-9)
    assert slow.values is not None
    np.testing.assert_allclose(slow.values.mean, fast.values.mean, atol=1e-9)


def test_other_languages_are_refused(bank, plant):
    german = replace(bank, items=tuple(replace(item, language="de") for item in bank.items))
    with pytest.raises(InputError, match="the frames are English: use --instrument stated"):
        ask(Interview(plant(kind=Planted), bank.version), german)
    british = replace(bank, items=tuple(replace(item, language="en-GB") for item in bank.items))
    ask(Interview(plant(kind=Planted), bank.version), british, frames=FAST_FRAMES, items=british.dilemmas[:2])


def test_a_judge_that_does_not_score_text_is_told_what_would_work(bank, tmp_path):
    (tmp_path / "a.csv").write_text("question,choice\nd000,1\n")
    with pytest.raises(AbilityError, match="use --instrument stated"):
        ask(Interview(Recorded(tmp_path / "a.csv"), bank.version), bank)
