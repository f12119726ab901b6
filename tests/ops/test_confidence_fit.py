from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.confidence_fit import Panel, fit_confidence, mean_squared_error
from weigh.ops.opinion_dynamics import make_ties, synchronous
from weigh.ops.swarm import particle_swarm

EDGES = np.array(nx.karate_club_graph().edges())
TIES = make_ties(EDGES[:, 0], EDGES[:, 1], n=34)


def move(x, ties, epsilon, mu, steps):
    return synchronous(x, ties, epsilon, mu, steps=steps)


def panels(seed: int = 0, noise: float = 0.0, steps: int = 1, epsilon=0.35, mu=0.4, n: int = 5) -> list[Panel]:
    found = []
    for j in range(n):
        x = rng(seed, "x", j).random(34)
        after = synchronous(x, TIES, epsilon, mu, steps=steps) + noise * rng(seed, "noise", j).standard_normal(34)
        found.append(Panel(x, np.clip(after, 0, 1), np.ones(34), TIES))
    return found


@pytest.mark.parametrize("search", ["swarm", "evolution"])
def test_what_was_planted_is_found(search):
    fit = fit_confidence(panels(noise=0.01, steps=3), move, steps=(3,), search=search, rng=rng(0, "fit"))
    assert fit.epsilon == pytest.approx(0.35, abs=0.02)
    assert fit.mu == pytest.approx(0.40, abs=0.02)
    assert fit.mse <= 1.5e-4
    assert fit.epsilon_range[0] <= fit.epsilon <= fit.epsilon_range[1] < 0.45
    assert fit.curve.shape == (61, 2)


def test_the_number_of_moves_is_found_too():
    fit = fit_confidence(panels(steps=2, epsilon=0.3, mu=0.6), move, steps=(1, 2, 3), rng=rng(1, "fit"))
    assert fit.steps == 2
    assert fit.mu == pytest.approx(0.6, abs=0.01)


def test_what_the_data_cannot_tell_is_said():
    # all gaps are below .1, so that every ε above it is the same
    x = 0.45 + 0.1 * rng(2, "x").random(34)
    after = synchronous(x, TIES, 1.0, 0.5)
    fit = fit_confidence([Panel(x, after, np.ones(34), TIES)], move, rng=rng(0, "fit"))
    assert fit.epsilon_range[0] <= 0.15
    assert fit.epsilon_range[1] == 1.0
    assert fit.mu_range[0] == pytest.approx(fit.mu_range[1], abs=0.03)
    # and where nobody hears anybody, μ is free
    still = fit_confidence([Panel(np.linspace(0, 1, 34), np.linspace(0, 1, 34), np.ones(34), TIES)], move,
                           rng=rng(0, "fit"))  # fmt: skip
    assert still.mu_range == (0.0, 1.0)


def test_errors_count_by_weight_and_unknown_ones_not_at_all():
    panel = panels(noise=0.05, n=1)[0]
    half = panel._replace(weight=np.r_[np.ones(17), np.zeros(17)], after=np.r_[panel.after[:17], np.full(17, 9.0)])
    at = (np.array([0.35]), np.array([0.4]))
    expected = ((synchronous(panel.before, TIES, 0.35, 0.4) - panel.after)[:17] ** 2).mean()
    assert mean_squared_error([half], move, *at, 1)[0] == pytest.approx(expected)
    doubled = panel._replace(weight=2 * panel.weight)
    assert mean_squared_error([doubled], move, *at, 1) == pytest.approx(mean_squared_error([panel], move, *at, 1))


def test_swarm_finds_the_bottom_and_stays_in_the_box():
    tried: list[np.ndarray] = []

    def bumpy(x):
        tried.append(x)
        return ((x - [0.3, 0.8]) ** 2).sum(axis=1) + 0.01 * np.cos(40 * x).sum(axis=1)

    found = particle_swarm(bumpy, [0, 0], [1, 1], rng=rng(0, "swarm"))
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 801)] * 2), axis=-1).reshape(-1, 2)
    assert found.value <= bumpy(grid).min() + 1e-4
    every = np.concatenate(tried[:-1])
    assert every.min() >= 0
    assert every.max() <= 1
    assert found.n_tried == len(every)


def test_the_lowest_point_may_be_a_corner_and_nan_is_none():
    found = particle_swarm(lambda x: np.where(x[:, 0] < 0.5, np.nan, -x.sum(axis=1)), [0, 0], [1, 1], rng=rng(0, "s"))
    assert found.x.tolist() == [1.0, 1.0]


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="steps"):
        fit_confidence(panels(), move, steps=(), rng=rng(0, "fit"))
    with pytest.raises(InputError, match="no two friends"):
        fit_confidence([Panel(np.ones(34), np.ones(34), np.ones(34), TIES)], move, rng=rng(0, "fit"))
    with pytest.raises(InputError, match="nobody"):
        fit_confidence([panels()[0]._replace(weight=np.zeros(34))], move, rng=rng(0, "fit"))
    with pytest.raises(InputError, match="box"):
        particle_swarm(lambda x: x[:, 0], [1.0], [0.0], rng=rng(0, "s"))
    with pytest.raises(InputError, match="shape"):
        particle_swarm(lambda x: x, [0.0], [1.0], rng=rng(0, "s"))
    with pytest.raises(InputError, match="particles"):
        particle_swarm(lambda x: x[:, 0], [0.0], [1.0], n_particles=0, rng=rng(0, "s"))
