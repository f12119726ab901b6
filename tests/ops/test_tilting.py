"""The optimum under a KL penalty."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.divergences import kl_divergence
from weigh.ops.rewards import log_sigmoid_centred
from weigh.ops.tilting import beta_at_kl, tilted_policy

few = settings(max_examples=25, deadline=None)


def world(seed, rows=3, k=8):
    draw = rng(seed, "world")
    return draw.dirichlet(np.ones(k), size=rows), 3 * draw.standard_normal((rows, k))


@given(st.integers(0, 1000), st.floats(0.05, 50))
@few
def test_first_order_condition(seed, beta):
    p0, r = world(seed)
    p = tilted_policy(p0, r, beta)
    there = p > 1e-200
    marginal = r - beta * np.log(np.where(there, p, 1.0) / p0)
    for row, kept in zip(marginal, there, strict=True):
        assert np.ptp(row[kept]) <= 1e-8 * (1 + np.abs(row[kept]).max())


def test_nothing_is_better_by_a_general_optimiser():
    p0, r = world(0, rows=1)
    beta = 0.7

    def loss(logits):
        p = np.exp(logits - logits.max())
        p /= p.sum()
        return -(p @ r[0] - beta * kl_divergence(p, p0[0]))

    found = minimize(loss, np.zeros(8), method="BFGS")
    p = tilted_policy(p0, r, beta)[0]
    assert p @ r[0] - beta * kl_divergence(p, p0[0]) >= -found.fun - 1e-12
    # whose maximum is beta · log Σ p0 e^(r/beta)
    assert p @ r[0] - beta * kl_divergence(p, p0[0]) == pytest.approx(beta * np.log(p0[0] @ np.exp(r[0] / beta)))


def test_with_log_probabilities_at_price_one_it_is_bayes_posterior():
    p0, _ = world(1, rows=1, k=6)
    rewards = 2 * rng(1, "rewards").standard_normal((6, 3))
    good = 1 / (1 + np.exp(-(rewards - 0.4)))
    posterior = p0[0] * good.prod(axis=1)
    posterior /= posterior.sum()
    u = log_sigmoid_centred(rewards, 0.4).sum(axis=1)
    np.testing.assert_allclose(tilted_policy(p0[0], u, 1.0), posterior, atol=1e-12)


@given(st.integers(0, 1000), st.floats(0.01, 0.9))
@few
def test_beta_reaches_the_kl_that_was_asked_for(seed, share):
    p0, r = world(seed)
    most = -np.log(p0[np.arange(3), r.argmax(axis=1)]).mean()
    beta = beta_at_kl(p0, r, share * most)
    assert kl_divergence(tilted_policy(p0, r, beta), p0).mean() == pytest.approx(share * most, abs=1e-9)
    # a reward in another unit asks for beta in that unit, and gives the same policy
    assert beta_at_kl(p0, 10 * r, share * most) == pytest.approx(10 * beta, rel=1e-6)


def test_answers_that_are_never_given_do_not_count():
    p = tilted_policy([0.5, 0.5, 0.0], [0.0, 1.0, 1e9], 0.5)
    assert p[2] == 0
    np.testing.assert_allclose(p[:2], tilted_policy([0.5, 0.5], [0.0, 1.0], 0.5))
    assert beta_at_kl([0.5, 0.5, 0.0], [0.0, 1.0, 1e9], 0.3) == pytest.approx(beta_at_kl([0.5, 0.5], [0.0, 1.0], 0.3))


def test_huge_rewards_do_not_overflow():
    assert tilted_policy([0.5, 0.5], [0.0, 1e300], 1e-9).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: tilted_policy([0.5, 0.5], [0.0, 1.0], 0.0), "above 0"),
        (lambda: tilted_policy([0.5, 0.4], [0.0, 1.0], 1.0), "sum to 1"),
        (lambda: tilted_policy([0.5, 0.5], [0.0, np.nan], 1.0), "NaN"),
        (lambda: tilted_policy([0.5, 0.5], [0.0], 1.0), "shape"),
        (lambda: beta_at_kl([0.5, 0.5], [0.0, 1.0], 0.7), "below 0.6931"),
        (lambda: beta_at_kl([0.5, 0.5], [1.0, 1.0], 0.1), "below"),
    ],
)
def test_bad_input(call, match):
    with pytest.raises(InputError, match=match):
        call()
