"""A loss for preferences that are not certain: how far one option should be preferred, not whether."""

from __future__ import annotations

from typing import Literal

import torch
from torch.nn.functional import log_softmax

from weigh.core.errors import InputError


def soft_preference_ce(
    logits_ab: torch.Tensor,
    target: torch.Tensor,
    *,
    weight: torch.Tensor | None = None,
    reduction: Literal["mean", "sum", "none"] = "mean",
) -> torch.Tensor:
    """Cross-entropy of a choice between A and B against a soft target.

    −t ln p_A − (1 − t) ln p_B, with (p_A, p_B) = softmax of the two logits. Its gradient in l_A − l_B is p_A − t, so it
    is least where the choice is as likely as the target says; there it is the target's entropy, not 0.

    Parameters
    ----------
    logits_ab : Tensor, shape (..., 2)
        Logits, or log-probabilities, of A and of B at the answer's place.
    target : Tensor, shape (...)
        How far A should be preferred, 0 to 1, such as the share of an assembly that votes for it.
    weight : Tensor, shape (...), optional
        0 or more; the mean is weighted by it, and needs one above 0.
    reduction : {"mean", "sum", "none"}
        Of the losses of all pairs.

    Returns
    -------
    Tensor
        A scalar; shape (...) for "none".

    Raises
    ------
    InputError
        Shapes that do not fit, a target outside [0, 1], weights that are negative or leave no mean, or an unknown
        reduction.

    References
    ----------
    Mazeika, M. et al. (2025). Utility engineering. arXiv:2502.08640 (utility control by supervised fine-tuning on
    the preference distribution of a citizens' assembly).

    Examples
    --------
    >>> logits = torch.tensor([[0.0, 0.0]], requires_grad=True)
    >>> soft_preference_ce(logits, torch.tensor([0.8])).backward()
    >>> [round(x, 3) for x in logits.grad[0].tolist()]
    [-0.3, 0.3]
    """
    if logits_ab.ndim < 1 or logits_ab.shape[-1] != 2 or target.shape != logits_ab.shape[:-1]:
        raise InputError(
            f"logits have shape {tuple(logits_ab.shape)} and targets {tuple(target.shape)}; expected (..., 2) and (...)"
        )
    if reduction not in ("mean", "sum", "none"):
        raise InputError(f"reduction is {reduction!r}; expected 'mean', 'sum' or 'none'")
    if target.numel() and not bool(((target >= 0) & (target <= 1)).all()):
        raise InputError("targets are shares from 0 to 1, without NaN; got others")
    shares, logp = torch.stack([target, 1 - target], dim=-1), log_softmax(logits_ab, dim=-1)
    # a share of 0 costs nothing, also of an option that is impossible
    loss = -torch.where(shares > 0, shares * logp, 0.0).sum(dim=-1)
    if weight is not None:
        if weight.shape != target.shape:
            raise InputError(f"weights have shape {tuple(weight.shape)}; expected {tuple(target.shape)}")
        if not bool((weight.isfinite() & (weight >= 0)).all()):
            raise InputError("weights are finite and 0 or more; got others")
        if reduction == "mean" and not bool((weight > 0).any()):
            raise InputError("all weights are 0, so that there is no mean; leave such a batch out, or sum")
        loss = loss * weight
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / (loss.new_tensor(float(loss.numel())) if weight is None else weight.sum())
