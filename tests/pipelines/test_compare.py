"""Comparisons of judges whose values are known: nothing is found where nothing is, and a shift where one is."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from weigh.banks.bank import find_bank
from weigh.core.errors import InputError
from weigh.core.question import Condition
from weigh.measure._contrasts import contrasts
from weigh.pipelines.compare import compare
from weigh.pipelines.pairs import Arm, pair
from weigh.pipelines.profile import measure
from weigh.pipelines.record import read_record, write_record
from weigh.pipelines.score import score
from weigh.testbeds.planted import Planted

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}
RANKING = {"level": "ranking", "sentence": "", "also": []}
N_SEEDS = 30


def shifted(value, by, effect=0.35):
    """A profile of the given SD in which one value is `by` item SDs higher, and the SD that it has then."""
    profile = np.arange(len(BANK.values), dtype=float)
    profile = effect * (profile - profile.mean()) / profile.std()
    profile[BANK.values.index(value)] += by
    return dict(zip(BANK.values, profile.tolist(), strict=True)), float(profile.std())


def arm(name, seed, theta=THETA, effect=0.35):
    answers = Planted(BANK, theta=theta, effect=effect, seed=seed).answers()
    return Arm(name, contrasts(answers, BANK, instrument="stated"), RANKING, True)


def drawn(by=0.0):
    theta, effect = shifted("hedonism", by)
    return [pair(arm("a", 2 * s), arm("b", 2 * s + 1, theta, effect), 1) for s in range(N_SEEDS)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run folders by name, measured once."""
    made = {}

    def make(name, *, instrument="stated", n_dilemmas=None, **options):
        if name not in made:
            judge = Planted(BANK, **{"theta": THETA, "effect": 0.5, "paraphrase": 0.6, "seed": 3, **options})
            made[name] = tmp_path_factory.mktemp("runs") / name
            measure(judge, BANK, made[name], instrument=instrument, n_dilemmas=n_dilemmas)
        return made[name]

    return make


def test_the_same_values_are_found_different_no_oftener_than_promised():
    found = drawn()
    covered = [row["low"] <= 0 <= row["high"] for one in found for row in one["values"]]
    # 300 intervals at 95 %: three standard errors below are .91
    assert np.mean(covered) > 0.91
    false = sum(any(row["differs"] for row in one["values"]) for one in found)
    assert false <= 4  # a binomial of 30 at .05 exceeds it once in a hundred
    assert all(one["correlation"]["high"] > 0.99 for one in found)


def test_a_shift_is_found_comes_first_and_is_found_as_often_as_was_said():
    said = np.mean([row["detectable"] for one in drawn() for row in one["values"] if row["item"] == "hedonism"])
    # values sum to zero, so a value that is raised by s stands out by s · 9/10
    found = drawn(by=said * 10 / 9)
    rows = [one["values"][0] for one in found]
    assert np.mean([row["item"] == "hedonism" for row in rows]) >= 0.85
    target = [next(row for row in one["values"] if row["item"] == "hedonism") for one in found]
    assert 0.6 <= np.mean([row["differs"] for row in target]) <= 0.97
    assert np.mean([row["difference"] for row in target]) == pytest.approx(said, abs=0.2)
    assert all(row["low"] < row["difference"] < row["high"] for row in target)


def test_runs_meet_in_the_dilemmas_of_both(run):
    record = compare([run("whole"), run("part", n_dilemmas=60, seed=8)])
    found = record["pairs"][0]
    assert found["n_dilemmas"] == 60
    assert found["n_left_out"] == 30
    sizes = [abs(row["difference"]) for row in found["values"]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(found["questions"]) == 10
    assert found["disagreement"]["low"] < found["disagreement"]["estimate"] < found["disagreement"]["high"]
    json.dumps(record, allow_nan=False)
    assert compare([run("whole"), run("part")]) == record


def test_a_run_beside_itself_differs_in_nothing(run):
    found = compare([run("whole"), run("whole")])["pairs"][0]
    assert not any(row["differs"] or row["difference"] for row in found["values"])
    assert all(row["detectable"] is None for row in found["values"])
    assert found["disagreement"]["n_split"] == 0
    assert "the same in both" in found["notes"][0]


def test_two_ways_round_are_mirror_images(run):
    there, back = (compare(pair)["pairs"][0] for pair in ((run("whole"), run("c", seed=8)), (run("c"), run("whole"))))
    for a, b in zip(there["values"], back["values"], strict=True):
        assert a["item"] == b["item"]
        assert a["difference"] == pytest.approx(-b["difference"])
        assert a["p_adjusted"] == pytest.approx(b["p_adjusted"])


def test_a_judge_that_answers_twice_as_strongly_is_said_to():
    first = arm("a", 1)
    louder = Arm("b", replace(first.table, d=2.0 * first.table.d), RANKING, True)
    found = pair(first, louder, 1)
    assert found["spread"]["ratio"] == pytest.approx(2.0)
    assert "2.00 times as strongly" in found["notes"][0]
    assert max(abs(row["own_scale_difference"]) for row in found["values"]) == pytest.approx(0.0, abs=1e-9)


def test_what_is_not_measurable_has_no_numbers(run):
    record = compare([run("whole"), run("position", position=30.0)])
    assert "follow position" in record["warnings"][0]
    found = record["pairs"][0]
    assert not found["measurable"]
    assert {row["item"] for row in found["values"]} == set(BANK.values)
    assert all(row["difference"] is None and row["first"] is None for row in found["values"])
    assert "correlation" not in found


def test_other_instruments_banks_and_scales_are_refused(run, tmp_path):
    with pytest.raises(InputError, match="same --instrument"):
        compare([run("whole"), run("frames", instrument="fast")])
    other = tmp_path / "other"
    shutil.copytree(run("whole"), other)
    record = read_record(other)
    record["bank"]["id"] = "another-1"
    write_record(other, record)
    with pytest.raises(InputError, match="another-1"):
        compare([run("whole"), other])
    with pytest.raises(InputError, match="two runs or more"):
        compare([run("whole")])
    with pytest.raises(InputError, match="holds no"):
        compare([run("whole"), tmp_path / "nothing"])


def test_strengths_and_bare_choices_are_refused(run, tmp_path):
    whole = Planted(BANK, theta=THETA, effect=0.5, paraphrase=0.6, seed=3).answers()
    rows = {name: getattr(whole, name).tolist() for name in ("question", "frame", "wording", "order", "choice")}
    bare = type(whole).from_frame({**rows, "frame": ["letters" if f == "letters" else "" for f in rows["frame"]]})
    keep = np.array([frame == "letters" for frame in rows["frame"]])
    score(bare.select(keep), BANK, who="them", folder=tmp_path / "bare")
    with pytest.raises(InputError, match="bare choices"):
        compare([run("whole"), tmp_path / "bare"])


def test_runs_of_one_model_have_names_of_their_own(run, tmp_path):
    judge = Planted(BANK, theta=THETA, effect=0.5, paraphrase=0.6, seed=3)
    measure(judge.under(Condition(name="kind", persona="Be kind.")), BANK, tmp_path / "kind", instrument="stated")
    record = compare([run("whole"), run("c"), tmp_path / "kind", run("whole")])
    names = [one["name"] for one in record["runs"]]
    assert len(set(names)) == 4
    assert names[2] == "planted under kind"
    assert len(record["pairs"]) == 3
