from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.hamiltonian import effective_draws, hamiltonian, split_rhat

COV = np.array([[1.0, 0.9], [0.9, 4.0]])


def normal(x):
    solved = x @ np.linalg.inv(COV)
    return -(x * solved).sum(axis=1) / 2, -solved


def test_it_draws_from_the_density_it_is_given():
    draws = hamiltonian(normal, np.full((4, 2), 5.0), rng=rng(0, "hmc"), n_draws=1500)
    flat = draws.x.reshape(-1, 2)
    np.testing.assert_allclose(flat.mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(np.cov(flat.T), COV, rtol=0.12, atol=0.08)
    assert split_rhat(draws.x).max() < 1.01
    assert draws.lost == 0
    assert 0.6 < draws.acceptance < 0.98


def test_a_skewed_density_is_drawn_too():
    # log of a Gamma(3) variable: e^(3x − e^x)
    draws = hamiltonian(lambda x: ((3 * x - np.exp(x)).sum(axis=1), 3 - np.exp(x)), np.zeros((4, 1)), rng=rng(1, "hmc"))
    thinned = np.exp(draws.x[::10].ravel())
    assert stats.kstest(thinned, stats.gamma(3).cdf).pvalue > 0.001


def test_same_stream_same_draws():
    one, two = (hamiltonian(normal, np.zeros((2, 2)), rng=rng(3, "hmc"), n_draws=20).x for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_a_wall_is_not_crossed():
    def half(x):
        with np.errstate(all="ignore"):
            return np.where(x[:, 0] > 0, -x[:, 0], -np.inf), np.where(x > 0, -1.0, np.nan)

    draws = hamiltonian(half, np.ones((2, 1)), rng=rng(4, "hmc"), n_warmup=100, n_draws=100)
    assert draws.x.min() > 0
    assert draws.lost > 0


def test_rhat_tells_chains_apart():
    x = rng(5, "chains").standard_normal((400, 4))
    assert split_rhat(x) < 1.01
    assert split_rhat(x + np.array([0, 0, 0, 3])) > 1.3
    # a chain that drifts differs from its own other half
    assert split_rhat(x[:, :1] + np.linspace(0, 4, 400)[:, None]) > 1.3
    assert split_rhat(np.ones((10, 2))) == 1.0


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_effective_draws_of_an_autoregression(rho):
    noise, x = rng(6, "noise").standard_normal((4000, 4)), np.zeros((4000, 4))
    for t in range(1, 4000):
        x[t] = rho * x[t - 1] + noise[t]
    assert effective_draws(x) == pytest.approx(16000 * (1 - rho) / (1 + rho), rel=0.2)


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="shape"):
        hamiltonian(normal, np.zeros(2), rng=rng(0, "hmc"))
    with pytest.raises(InputError, match="100 or more"):
        hamiltonian(normal, np.zeros((2, 2)), rng=rng(0, "hmc"), n_warmup=10)
    with pytest.raises(InputError, match="begin elsewhere"):
        hamiltonian(lambda x: (np.full(len(x), -np.inf), x), np.zeros((2, 2)), rng=rng(0, "hmc"))
    with pytest.raises(InputError, match="four draws"):
        split_rhat(np.zeros((2, 2)))
