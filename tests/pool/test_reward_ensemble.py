"""Several reward models as one, and what harder selection earns."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.doors.cli import app
from weigh.ops.best_of_n import best_of_n_curve
from weigh.pool.reward_ensemble import reward_ensemble
from weigh.testbeds.bandit import Bandit, noisy_bandit

WORLD = noisy_bandit(20, 32, 4, noise=1.0, seed=0)
RATINGS = WORLD.ratings()


def judged(world):
    """The world's proxies, and its truth as one more rater, "true"."""
    n = world.true.size
    table = {"prompt": np.repeat(np.arange(len(world.true)), world.true.shape[1]), "completion": np.arange(n)}
    models = {f"m{i}": world.proxies[..., i].ravel() for i in range(world.proxies.shape[-1])}
    return {**table, **models, "true": world.true.ravel()}


def standard(scores):
    away = scores - scores.mean(axis=1, keepdims=True)
    return away / np.sqrt((away**2).mean(axis=(0, 1)))


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("mean", lambda z: z.mean(axis=-1)),
        ("worst-case", lambda z: z.min(axis=-1)),
        ("uncertainty-weighted", lambda z: z.mean(axis=-1) - 0.5 * z.var(axis=-1)),
    ],
)
def test_objectives(objective, expected):
    found = reward_ensemble(RATINGS, objective=objective)
    np.testing.assert_allclose(found.mean, expected(standard(WORLD.proxies)).ravel(), atol=1e-12)
    assert (found.low is None) == (objective != "mean")


def test_worst_case_is_at_most_the_mean():
    worst, mean = (reward_ensemble(RATINGS, objective=name).mean for name in ("worst-case", "mean"))
    assert (worst <= mean + 1e-12).all()


def test_no_penalty_is_the_mean():
    found = reward_ensemble(RATINGS, penalty=0.0)
    np.testing.assert_array_equal(found.mean, reward_ensemble(RATINGS, objective="mean").mean)


@pytest.mark.parametrize("objective", ["mean", "worst-case", "uncertainty-weighted"])
def test_prompt_levels_and_units_of_a_model_mean_nothing(objective):
    levels = 5.0 * rng(0, "levels").standard_normal((20, 1, 4))
    moved = Bandit(WORLD.true, proxies=(WORLD.proxies + levels) * np.array([1.0, 2.0, 30.0, 0.1])).ratings()
    before, after = reward_ensemble(RATINGS, objective=objective), reward_ensemble(moved, objective=objective)
    np.testing.assert_allclose(after.mean, before.mean, atol=1e-9)
    if objective == "worst-case":
        # the published calibration compares prompt levels, which no comparison could have fixed
        before, after = (reward_ensemble(x, objective=objective, calibrate="overall") for x in (RATINGS, moved))
        assert before.notes["best"] != after.notes["best"]


def test_scores_as_they_are():
    found = reward_ensemble(RATINGS, objective="worst-case", calibrate="none")
    np.testing.assert_array_equal(found.mean, WORLD.proxies.min(axis=-1).ravel())
    assert found.scale.unit == "reward"


def test_order_of_models_means_nothing():
    turned = Bandit(WORLD.true, proxies=WORLD.proxies[..., ::-1]).ratings()
    np.testing.assert_allclose(reward_ensemble(turned).mean, reward_ensemble(RATINGS).mean, atol=1e-12)


def test_gold_judges_and_is_no_member():
    table = judged(WORLD)
    found = reward_ensemble(table, gold="true", objective="mean")
    np.testing.assert_allclose(found.mean, standard(WORLD.proxies).mean(axis=-1).ravel(), atol=1e-12)
    assert found.notes["models"] == ["m0", "m1", "m2", "m3"]
    gold, z = standard(WORLD.true[..., None])[..., 0], standard(WORLD.proxies)
    expected = best_of_n_curve(z.mean(axis=-1), gold, found.notes["n"]).mean(axis=0)
    np.testing.assert_allclose(found.notes["earned"]["mean"], expected, atol=1e-12)
    alone = np.mean([best_of_n_curve(z[..., i], gold, found.notes["n"]).mean(axis=0) for i in range(4)], axis=0)
    np.testing.assert_allclose(found.notes["earned"]["one model"], alone, atol=1e-12)
    assert reward_ensemble(table, gold="true", models=["m0", "m1"]).notes["models"] == ["m0", "m1"]
    assert reward_ensemble(table, gold="true", models="m0").notes["models"] == ["m0"]


def test_without_gold_those_judge_who_did_not_choose():
    notes = reward_ensemble(RATINGS, objective="mean").notes
    z = standard(WORLD.proxies)
    expected = np.mean(
        [best_of_n_curve(np.delete(z, i, -1).mean(-1), z[..., i], notes["n"]).mean(0) for i in range(4)], axis=0
    )
    np.testing.assert_allclose(notes["earned"]["mean"], expected, atol=1e-12)
    # a judge of its own choice would be pleased
    assert notes["promised"]["mean"][-1] > notes["earned"]["mean"][-1] + 0.3


def test_heavy_errors_turn_one_model_down_and_the_worst_case_not():
    world = noisy_bandit(60, 512, 5, noise=0.7, tail=2.0, seed=0)
    over = reward_ensemble(judged(world), gold="true", objective="worst-case").notes["overoptimisation"]
    assert over["one model"]["drop"] > 0.3
    assert over["worst-case"]["drop"] < 0.05
    assert over["worst-case"]["end"] > over["one model"]["end"] + 1.0


def test_copies_of_one_model_are_no_ensemble():
    table = judged(WORLD)
    same = {"prompt": table["prompt"], "completion": table["completion"], "a": table["m0"], "b": table["m0"]}
    found = reward_ensemble(same)
    assert found.notes["agreement"]["a"]["b"] == pytest.approx(1.0)
    np.testing.assert_allclose(found.mean, standard(WORLD.proxies)[..., 0].ravel(), atol=1e-12)


def test_one_model_alone():
    found = reward_ensemble(RATINGS.select(RATINGS.who == "m0"))
    assert found.notes["overoptimisation"] == {}
    assert "one model" in found.notes["told"][0]
    assert len(found.notes["figures"]) == 1


def test_models_that_contradict_each_other_leave_nothing_to_choose():
    found = reward_ensemble({"completion": ["x", "y"], "a": [0.0, 1.0], "b": [1.0, 0.0]}, objective="worst-case")
    assert found.mean.tolist() == [-1.0, -1.0]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"objective": "best"}, "objective"),
        ({"calibrate": "maybe"}, "calibrate"),
        ({"penalty": -1.0}, "penalty"),
        ({"ddof": 3}, "ddof"),
        ({"gold": "nobody"}, "nobody"),
        ({"gold": "m0", "models": ["m0"]}, "only one"),
    ],
)
def test_bad_options(options, match):
    with pytest.raises(InputError, match=match):
        reward_ensemble(RATINGS, **options)


def test_a_model_that_tells_nothing_apart_is_refused():
    with pytest.raises(InputError, match="alike"):
        reward_ensemble({"completion": ["x", "y"], "a": [0.0, 1.0], "b": [1.0, 1.0]})


def test_command(tmp_path):
    table = tmp_path / "scores.csv"
    table.write_text("prompt,completion,a,b,human\np,x,1,2,1\np,y,2,0,2\np,z,0,1,3\n")
    command = ["pool", "reward-ensemble", str(table), "--gold", "human", "--json", "--plot", str(tmp_path / "plot.png")]
    found = CliRunner().invoke(app, command)
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["diagnostics"]["judge"] == "human"
    assert (tmp_path / "plot.png").stat().st_size > 1000
