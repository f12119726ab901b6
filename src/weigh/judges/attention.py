"""Attention as two plain products, for bf16 on the CPU.

There torch's fused kernel takes twice the time of the products that it is made of, at the lengths that are met here.
Query heads that share a key head are laid one below the other, so that keys and values need not be repeated for them.
"""

from __future__ import annotations

from typing import Any

from weigh.core.errors import need

NAME = "weigh_grouped"
# What the two products do not know; the fused kernel does, or says that it does not.
SPECIAL = ("softcap", "position_bias", "cache", "s_aux")


def use(model: Any) -> bool:
    """Have a model attend so, if torch's fused kernel is what it would use; says whether it now does."""
    transformers = need("transformers", "llm")
    if model.config._attn_implementation != "sdpa":
        return False
    # what takes a mask of the model's own making takes it as numbers to add
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

    transformers.AttentionInterface.register(NAME, grouped)
    transformers.AttentionMaskInterface.register(NAME, ALL_MASK_ATTENTION_FUNCTIONS["eager"])
    model.set_attn_implementation(NAME)
    return True


def put_back(model: Any) -> None:
    """Undo `use`."""
    model.set_attn_implementation("sdpa")


def grouped(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float | None = None, **rest: Any
) -> tuple[Any, None]:
    """Attention in the form that transformers asks for.

    Parameters
    ----------
    module : torch.nn.Module
        The layer.
    query : Tensor, shape (n, heads, width, size)
        Of each node.
    key, value : Tensor, shape (n, key_heads, seen, size)
        Of each node that may be seen; `key_heads` divides `heads`.
    attention_mask : Tensor, shape (n or 1, 1, width, seen), or None
        Added to the scores.
    scaling : float, optional
        Of the scores; 1/√size by default.
    **rest
        Options of the fused kernel, which then does the work.

    Returns
    -------
    tuple of (Tensor, shape (n, width, heads, size)) and None
        The states, and no weights.
    """
    if attention_mask is None or any(rest.get(name) is not None for name in SPECIAL):
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **rest)
    n, heads, width, size = query.shape
    below = (n, key.shape[1], heads // key.shape[1] * width)
    scaled = query * (size**-0.5 if scaling is None else scaling)
    scores = scaled.reshape(*below, size) @ key.transpose(-1, -2)
    # the softmax sums in fp32 also where it takes and gives bf16
    weights = scores.view(n, heads, width, -1).add_(attention_mask).softmax(-1)
    states = weights.view(*below, -1) @ value
    return states.view(n, heads, width, -1).transpose(1, 2).contiguous(), None
