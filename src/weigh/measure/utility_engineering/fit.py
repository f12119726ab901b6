"""The utility model: one number an outcome that explains the choices between them, and foretells others.

Thurstone's model, with a variance for each outcome, is fitted to the pairs that were asked; a fixed twentieth of all
pairs (a thousand at most) is never fitted to, and the share of them that the utilities foretell is the coherence of the
judge. Utilities have mean 0 and SD 1 over the outcomes, as nothing gives them a zero or a unit.

Source: Mazeika et al., arXiv:2502.08640. The source adds a certain preference for each pair that was not
asked and of which the fit is 95 % sure; with 510 outcomes these outnumber what was asked ten to one, and accuracy and
certainty grow by themselves. Ours never fits or scores an answer that nobody gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.stats import wilson
from weigh.measure.utility_engineering._preferences import PREFERENCE, Preferences, Topic, Unanswered, preferences
from weigh.measure.utility_engineering._result import Experiment, checked, unchecked
from weigh.measure.utility_engineering.frames import frame_utilities
from weigh.ops.pair_selection import held_out_pairs
from weigh.ops.paired import fit_thurstone
from weigh.ops.pairs import PairedFit, Pairs, gather, p_left, score

Array = NDArray[np.float64]
Instrument = Literal["stated", "evaluative"]

HELD_OUT_SEED = 42  #: of the pairs that are never fitted to, which must be the same when answers are scored
CLIP = 1e-5  #: how far from 0 and 1 published log-losses keep probabilities
FEWEST = 10
CLAIM = "utilities foretell choices that they were not fitted to"
UNFORETOLD = "No stable preference here: utilities do not foretell choices that they were not fitted to."


@dataclass(frozen=True)
class Utilities:
    """Utilities of items.

    Parameters
    ----------
    items : tuple of str
        Ids.
    mean : array of float, shape (n,)
        Mean 0 and SD 1 (n − 1); all 0 where there is no preference.
    cov : array of float, shape (n, n), or None
        Covariance of their errors; None where it is unknown.
    dof : int
        Degrees of freedom of the errors' scale; 0 for normal ones.
    instrument : {"stated", "evaluative"}
        By choices between pairs, or by opposite frames.
    numbers : mapping
        Of the fit: those of `coherence`.
    held_out : array of bool, shape (m,), or None
        Which of the preferences were not fitted to.
    given : Preferences or None
        The preferences; None by opposite frames.
    """

    items: tuple[str, ...]
    mean: Array
    cov: Array | None
    dof: int
    instrument: Instrument
    numbers: Mapping[str, Any]
    held_out: NDArray[np.bool_] | None = None
    given: Preferences | None = None

    def of(self, ids: Sequence[str]) -> Array:
        """The utilities of some items; InputError for one that is not there."""
        place = {item: i for i, item in enumerate(self.items)}
        missing = [id for id in ids if id not in place]
        if missing:
            raise InputError(f"{missing[0]!r} has no utility; it was not asked about")
        return self.mean[[place[id] for id in ids]]


def held_out(n_items: int) -> set[tuple[int, int]]:
    """The pairs that are never fitted to: a twentieth of all, a thousand at most, always the same ones."""
    return {(int(a), int(b)) for a, b in held_out_pairs(n_items, seed=HELD_OUT_SEED)}


def utilities(
    answers: Answers,
    items: Sequence[str],
    *,
    topic: Topic = PREFERENCE,
    hold_out: bool = True,
    variances: Literal["free", "equal"] = "free",
    unanswered: Unanswered = "skip",
    pseudo_labels: float | None = None,
) -> Utilities:
    """Utilities of items from choices between their pairs.

    Their errors are those of the fit's information, times the mean squared Pearson residual: log-odds that a judge
    gives without noise are surer than one vote each, and choices with whims of their own less sure.

    Parameters
    ----------
    answers : Answers
        Of one judge under one condition.
    items : sequence of str
        Ids, in the order that their questions have them; those that were not compared with any other are left out.
    topic : Topic
        What was asked about the pairs.
    hold_out : bool
        Whether a twentieth of the pairs is kept from the fit.
    variances : {"free", "equal"}
        One for each item, or one for all.
    unanswered : {"skip", "half"}
        As in `preferences`.
    pseudo_labels : float, optional
        For comparison with the source, which has .95: pairs that nobody was asked about, and of which the fit is so
        sure, are added as certain preferences, and the fit is made once more. They are in no measure of how good it
        is, and the errors, which they would make look small, are unknown then.

    Returns
    -------
    Utilities

    Raises
    ------
    InputError
        No pair was answered, or a pseudo-label's confidence that is not from a half to 1.
    """
    given = preferences(answers, items, topic=topic, unanswered=unanswered)
    kept = np.ones(len(given), dtype=bool)
    if hold_out:
        out = held_out(len(items))
        kept = np.array([(int(a), int(b)) not in out for a, b in zip(given.left, given.right, strict=True)], dtype=bool)
    # an item that was never compared has no utility
    compared = np.unique(np.concatenate([given.left[kept], given.right[kept]]))
    if not len(compared):
        raise InputError("no pair of these outcomes was answered; check that answers and bank belong together")
    inside = np.isin(given.left, compared) & np.isin(given.right, compared)
    given, kept = given.restricted(compared), kept[inside]
    fitted = given.select(kept)
    pairs = fitted.gathered()
    fit = fit_thurstone(pairs, variances=variances)
    n_pseudo = 0
    if pseudo_labels is not None and not fit.no_preference:
        more = _with_pseudo_labels(given, pairs, fit, pseudo_labels)
        n_pseudo = len(more.left) - len(pairs.left)
        again = fit_thurstone(more, variances=variances, errors=False)
        log_loss, accuracy = score(pairs, again.mean, again.variance)
        fit = replace(again, log_loss=log_loss, accuracy=accuracy, linkage=fit.linkage)
    numbers: dict[str, Any] = {
        "n_pairs": len(fitted), "n_answers": float(given.votes.sum()), "unanswered": given.unanswered,
        "in_both_orders": float(given.both.mean()), "components": fit.linkage.n_components,
        "no_preference": fit.no_preference, "converged": fit.converged, "fitted_log_loss": fit.log_loss,
        "fitted_accuracy": fit.accuracy, "chance_log_loss": fit.chance, "sd_in_noise": fit.sd,
        **({"n_pseudo_labels": n_pseudo} if pseudo_labels is not None else {}),
    }  # fmt: skip
    if (~kept).any():
        numbers |= _foretold(given.select(~kept), fit.mean, fit.variance)
    dof = max(len(fitted) - 2 * len(compared) + 1, 1)
    cov = fit.cov
    if cov is not None:
        p = p_left(fit.mean, fit.variance, pairs.left, pairs.right)
        residual = pairs.weight * (pairs.p_left - p) ** 2 / np.maximum(p * (1 - p), CLIP)
        numbers["dispersion"] = float(residual.sum()) / dof
        cov = cov * numbers["dispersion"]
    return Utilities(given.items, fit.mean, cov, dof, "stated", numbers, ~kept, given)


def framed_utilities(answers: Answers, items: Sequence[str]) -> Utilities:
    """Utilities of items from opposite frames; items that were not scored are left out.

    Parameters
    ----------
    answers : Answers
        Of one judge under one condition.
    items : sequence of str
        Ids.

    Raises
    ------
    InputError
        No item was scored, or no frame gets the plain pairs right.
    """
    found = frame_utilities(answers, items)
    there = np.isfinite(found.utility)
    numbers = {
        "frames": list(found.frames), "reliability": found.reliability, "fluency": found.fluency,
        "controls": dict(found.controls), "n_frames": len(found.frames),
    }  # fmt: skip
    cov = found.cov[np.ix_(there, there)] if len(found.frames) > 1 else None
    kept = tuple(item for item, known in zip(items, there, strict=True) if known)
    return Utilities(kept, found.utility[there], cov, len(found.frames) - 1, "evaluative", numbers)


def coherence(found: Utilities) -> Experiment:
    """How well utilities foretell choices that they were not fitted to.

    Parameters
    ----------
    found : Utilities
        From choices.

    Returns
    -------
    Experiment
        Numbers: held_out_accuracy with low and high (Wilson over pairs), held_out_log_loss, n_held_out, and those
        of the fit. The check fails where accuracy may be a half; it is not made with
        fewer than ten pairs held out.
    """
    n = int(found.numbers.get("n_held_out", 0))
    if n < FEWEST or found.numbers.get("held_out_accuracy") is None:
        why = (
            f"{n} pairs were kept from the fit, of ten that it takes"
            if n < FEWEST
            else "all pairs kept from it are ties"
        )
        return Experiment("fit", f"Not measured: {why}.", dict(found.numbers), (unchecked("held-out", CLAIM, why),))
    accuracy, low, high = (float(found.numbers[f"held_out_{part}"]) for part in ("accuracy", "low", "high"))
    told = (
        f"Utilities foretell {accuracy:.0%} of {n} choices that they were not fitted to ({low:.0%} to {high:.0%}; "
        "coin tosses give 50 %)."
    )
    passed = low > 0.5 and not found.numbers["no_preference"]
    evidence = {"interval": [low, high], "n_pairs": n}
    check = checked("held-out", CLAIM, accuracy, 0.5, passed, UNFORETOLD, evidence=evidence)
    return Experiment("fit", told, dict(found.numbers), (check,))


def _with_pseudo_labels(given: Preferences, pairs: Pairs, fit: PairedFit, confidence: float) -> Pairs:
    """The pairs, and those that were not answered but are foretold so surely, as votes of the usual weight."""
    if not 0.5 < confidence <= 1:
        raise InputError(f"pseudo_labels is {confidence!r}; expected a confidence above a half, up to 1, such as 0.95")
    n = pairs.n_items
    left, right = np.triu_indices(n, 1)
    is_open = ~np.isin(left * n + right, given.left * n + given.right)
    left, right = left[is_open], right[is_open]
    p = p_left(fit.mean, fit.variance, left, right)
    sure = np.maximum(p, 1 - p) >= confidence
    ends = [np.concatenate([one, other[sure]]) for one, other in ((pairs.left, left), (pairs.right, right))]
    label = np.concatenate([pairs.p_left, (p[sure] > 0.5).astype(float)])
    weight = np.concatenate([pairs.weight, np.full(int(sure.sum()), pairs.weight.mean())])
    return gather(ends[0], ends[1], label, weight, n_items=n)


def _foretold(given: Preferences, mean: Array, variance: Array | None) -> dict[str, Any]:
    pairs = given.gathered()
    # one vote a pair: a pair that was asked more often is no more of a test
    even = pairs._replace(
        weight=np.ones(len(pairs.left)), for_left=1.0 * (pairs.p_left > 0.5), for_right=1.0 * (pairs.p_left < 0.5)
    )
    log_loss, accuracy = score(even, mean, variance, clip=CLIP)
    decided = float((even.for_left + even.for_right).sum())
    found = {"n_held_out": len(given), "held_out_log_loss": log_loss, "n_held_out_ties": len(given) - int(decided)}
    if decided:
        low, high = list(wilson(accuracy * decided, decided))[-2:]
        found |= {"held_out_accuracy": accuracy, "held_out_low": low, "held_out_high": high}
    return found
