"""The output head in fp32, over the whole vocabulary, at the scored positions only.

Rounding the head to bf16 costs a third of the signal of a forced choice. A node that predicts several continuations
goes through the head once, and the logits of a few nodes at a time stay in the processor's cache.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import need
from weigh.judges.trie import Row, Scored

# Rows of logits held at once: 64 x 49,152 fp32 is 12 MB; more do not make the product faster.
HEAD_ROWS = 64


class Head:
    """Turns last hidden states into log-probabilities of tokens.

    Parameters
    ----------
    layer : torch.nn.Module or None
        Maps states to logits, in fp32; None where the states are logits already.
    """

    def __init__(self, layer: Any) -> None:
        self.torch = need("torch", "llm")
        self.layer = layer

    @classmethod
    def of(cls, model: Any) -> Head | None:
        """The model's own head, copied in fp32; None where it has no plain linear one."""
        torch = need("torch", "llm")
        head = model.get_output_embeddings()
        if not isinstance(head, torch.nn.Linear):
            return None
        # a copy: the body's cast must not reach a head that is tied to the input embeddings
        return cls(copy.deepcopy(head).float().requires_grad_(False))

    def logits(self, states: Any) -> Any:
        """Logits in fp32, shape (n, n_vocabulary), of states of shape (n, size); never a view of the states."""
        return states.float().clone() if self.layer is None else self.layer(states.float())

    def score(
        self, states: Any, rows: Sequence[Row], sequences: Sequence[Scored]
    ) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """The number of each sequence in the rows, and the natural-log probability of each of its scored tokens.

        Parameters
        ----------
        states : Tensor, shape (n_rows, width, size)
            Of every node of the rows.
        rows : sequence of Row
            What was computed.
        sequences : sequence of Scored
            Those whose numbers stand in the rows.
        """
        torch = self.torch
        wanted: list[tuple[int, int]] = []
        targets: list[int] = []
        spans: list[tuple[int, int]] = []
        for r, row in enumerate(rows):
            for number, nodes in row.scored:
                spans.append((number, len(nodes)))
                wanted.extend((r, node) for node in nodes)
                targets.extend(sequences[number].tokens[-len(nodes) :])
        unique, which = np.unique(np.array(wanted) @ (states.shape[1], 1), return_inverse=True)
        picked = states.flatten(0, 1)[torch.from_numpy(unique)]
        goal = np.array(targets)
        values = np.empty(len(goal))
        order = np.argsort(which, kind="stable")
        edges = np.searchsorted(which[order], np.arange(0, len(unique) + HEAD_ROWS, HEAD_ROWS))
        with torch.inference_mode():
            for chunk, (a, b) in enumerate(pairwise(edges)):
                first = chunk * HEAD_ROWS
                logits = self.logits(picked[first : first + HEAD_ROWS])
                rows_of = torch.from_numpy(which[order[a:b]] - first)
                at = logits[rows_of, torch.from_numpy(goal[order[a:b]])]
                top = logits.amax(dim=-1, keepdim=True)
                norm = logits.sub_(top).exp_().sum(dim=-1).log_().add_(top[:, 0])  # in place: logits are not used again
                values[order[a:b]] = (at - norm[rows_of]).double().cpu().numpy()
        at = 0
        for number, length in spans:
            yield number, values[at : at + length]
            at += length
