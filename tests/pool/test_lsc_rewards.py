"""Rewards that are combined as AND."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from weigh.core.errors import InputError
from weigh.doors.cli import app
from weigh.ops.rewards import log_sigmoid_centred
from weigh.ops.tilting import tilted_policy
from weigh.pool.lsc_rewards import lsc_rewards
from weigh.testbeds.bandit import Bandit, two_virtues

WORLD = two_virtues(12, 16, seed=0)
TABLE = {"prompt": ["p"] * 3 + ["q"] * 3, "completion": ["canned", "x", "y", "canned", "z", "w"],
         "a": [0.0, 1.0, -1.0, 5.0, 6.0, 2.0], "b": [1.0, 0.0, 3.0, -2.0, -2.5, 0.0]}  # fmt: skip


def test_known_answer_with_a_canned_reference():
    values = lsc_rewards(TABLE, reference="canned")
    found = dict(zip(values.items, values.mean.tolist(), strict=True))
    # the canned reply beats itself half of the time in both
    assert found["p: canned"] == pytest.approx(2 * np.log(0.5))
    assert found["p: x"] == pytest.approx(-np.log1p(np.exp(-1.0)) - np.log1p(np.exp(1.0)))
    assert found["q: w"] == pytest.approx(-np.log1p(np.exp(3.0)) - np.log1p(np.exp(-2.0)))
    assert values.low is None
    assert values.notes["references"]["q"] == {"a": 5.0, "b": -2.0}


def test_reference_is_each_prompts_quantile():
    values = lsc_rewards(WORLD.ratings(), quantile=0.85)
    u = log_sigmoid_centred(WORLD.proxies, np.quantile(WORLD.proxies, 0.85, axis=1)[:, None, :]).sum(axis=-1)
    np.testing.assert_allclose(values.mean, u.ravel(), atol=1e-12)


def test_a_number_added_to_a_prompts_rewards_changes_nothing():
    before = lsc_rewards(WORLD.ratings(), n_resamples=50)
    levels = 10 * np.arange(24.0).reshape(12, 1, 2)
    after = lsc_rewards(Bandit(WORLD.true, proxies=WORLD.proxies + levels).ratings(), n_resamples=50)
    np.testing.assert_allclose(after.mean, before.mean, atol=1e-9)
    np.testing.assert_allclose(after.low, before.low, atol=1e-9)
    assert after.notes["best"]["log-sigmoid-centred"] == before.notes["best"]["log-sigmoid-centred"]


def test_one_reward_keeps_its_order():
    values = lsc_rewards(WORLD.ratings(), models=["m0"])
    r, u = WORLD.proxies[..., 0], values.mean.reshape(12, 16)
    np.testing.assert_array_equal(np.argsort(r, axis=1), np.argsort(u, axis=1))
    assert values.notes["choice_differs_from_plain_sum"] == 0.0


def test_tilting_by_it_is_the_posterior_given_good_in_all():
    u = lsc_rewards(WORLD.ratings()).mean.reshape(12, 16)
    good = np.exp(log_sigmoid_centred(WORLD.proxies, np.quantile(WORLD.proxies, 0.85, axis=1)[:, None, :])).prod(
        axis=-1
    )
    posterior = good / good.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(tilted_policy(WORLD.p0, u, 1.0), posterior, atol=1e-12)


def test_probability_lies_within_its_bounds():
    values = lsc_rewards(TABLE)
    for item, p in zip(values.items, np.exp(values.mean), strict=True):
        told = values.notes["each_answer"][item]
        assert told["p_least"] - 1e-12 <= p <= told["p_most"] + 1e-12


def test_temperature_divides_each_model():
    scaled = {**TABLE, "a": [10 * x for x in TABLE["a"]]}
    one, other = lsc_rewards(TABLE), lsc_rewards(scaled, temperature=[10.0, 1.0])
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-12)
    with pytest.raises(InputError, match="one for each"):
        lsc_rewards(TABLE, temperature=[1.0, 2.0, 3.0])


def test_interval_narrows_with_answers():
    def width(n):
        values = lsc_rewards(two_virtues(10, n, seed=1).ratings(), n_resamples=100)
        return float(np.median(values.high - values.low))

    assert width(256) < 0.5 * width(16)


def test_what_is_reached_is_what_the_bandit_says():
    notes = lsc_rewards(WORLD.ratings()).notes["reached"]
    u = lsc_rewards(WORLD.ratings()).mean.reshape(12, 16)
    for kl, found in zip(notes["kl"][1:], notes["kl_penalty"]["log-sigmoid-centred"][1:], strict=True):
        assert found == pytest.approx(WORLD.exact_value(WORLD.optimum_at(u, kl)), abs=1e-9)
    assert notes["best_of_n"]["plain sum"][0] == pytest.approx(WORLD.exact_value())
    assert notes["kl_penalty"]["plain sum"][0] == pytest.approx(WORLD.exact_value())


def test_prompts_of_different_size_count_alike():
    small = {**TABLE, "prompt": ["p"] * 2 + ["q"] * 4, "completion": list("abcdef")}
    notes = lsc_rewards(small).notes
    assert notes["reached"]["n"] == [1, 2]
    assert len(notes["figures"]) == 2 - (len(notes["reached"]["kl"]) == 1)


def test_prompts_with_one_answer_are_scored_and_not_judged():
    values = lsc_rewards({"prompt": ["p", "p", "p", "q"], "completion": list("abcd"), "m": [1.0, 2, 3, 4]})
    assert values.mean[3] == pytest.approx(np.log(0.5))
    assert values.notes["reached"]["n"] == [1, 2, 3]


def test_ties_leave_less_to_reach_and_no_error():
    values = lsc_rewards({"completion": list("abcdefgh"), "m": [1.0] * 7 + [0.0]})
    assert np.isfinite(values.notes["reached"]["kl_penalty"]["plain sum"]).all()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"quantile": 1.0}, "quantile"),
        ({"n_resamples": -1}, "n_resamples"),
        ({"reference": "x"}, "has no answer 'x'"),
        ({"temperature": 0.0}, "above 0"),
        ({"models": ["z"]}, "no model 'z'"),
    ],
)
def test_bad_options(options, match):
    with pytest.raises(InputError, match=match):
        lsc_rewards(TABLE, **options)


def test_command(tmp_path):
    table = tmp_path / "scores.csv"
    table.write_text("prompt,completion,a,b\np,x,1,2\np,y,2,0\np,z,0,1\n")
    found = CliRunner().invoke(app, ["pool", "lsc-rewards", str(table), "--plot", str(tmp_path / "plot.svg")])
    assert found.exit_code == 0, found.output
    assert "log P(good in all)" in found.output
    assert "<svg" in (tmp_path / "plot.svg").read_text("utf-8")
