import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.jackknife import paired_jackknife


def test_of_a_mean_it_is_the_usual_interval():
    x = np.arange(12.0) ** 1.5
    names = np.array([f"n{i:02d}" for i in range(12)])
    at = {name: i for i, name in enumerate(names)}
    found = paired_jackknife(lambda kept: np.array([x[[at[name] for name in kept]].mean()]), names)
    # with one cluster a group the jackknife error of a mean is s/√n exactly
    assert found.estimate[0] == pytest.approx(x.mean())
    from scipy.stats import t

    half = t.ppf(0.975, 11) * x.std(ddof=1) / np.sqrt(12)
    assert found.high[0] - found.estimate[0] == pytest.approx(half)
    assert found.detectable[0] == pytest.approx(half + t.ppf(0.8, 11) * x.std(ddof=1) / np.sqrt(12))


def test_intervals_of_a_ratio_of_clustered_data_cover():
    covered = 0
    for seed in range(300):
        draw = rng(seed, "jackknife")
        size = draw.integers(1, 6, 120)
        effect = draw.normal(1.0, 0.5, 120)
        names = np.array([f"{i:03d}" for i in range(120)])
        found = paired_jackknife(lambda kept: ratio(kept, size, effect), names)  # noqa: B023
        covered += found.low[0] <= 1.0 <= found.high[0]
    assert 0.92 <= covered / 300 <= 0.985


def ratio(kept, size, effect):
    at = kept.astype(int)
    return np.array([(size[at] * effect[at]).sum() / size[at].sum()])


def test_a_statistic_that_is_not_defined_everywhere_has_no_p():
    names = np.array([f"n{i}" for i in range(8)])

    def statistic(kept):
        known_with_first = 1.0 if "n0" in kept else np.nan
        return np.array([np.nan, known_with_first, 1.0])

    found = paired_jackknife(statistic, names)
    for part in (found.low, found.high, found.p, found.detectable):
        assert np.isnan(part).tolist() == [True, True, False]
    # what no cluster moves is known exactly
    assert found.p[2] == 0


def test_one_cluster_has_no_interval():
    with pytest.raises(InputError, match="two clusters"):
        paired_jackknife(lambda kept: np.array([1.0]), np.array(["a"]))
