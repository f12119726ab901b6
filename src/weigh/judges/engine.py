"""Log-probabilities of given texts from a causal language model: packed rows, and a head in fp32.

What all texts begin with is encoded once and its keys and values stand before every row; what some of them share is
computed once within a row. The body of a large model runs in bf16 where the processor has it, twice as fast. The first
thing the engine does is to check itself against the plain model, and where one of its shortcuts does not hold for an
architecture it does without it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import psutil
from numpy.typing import NDArray

from weigh.core.errors import InputError, need
from weigh.judges import attention, onednn
from weigh.judges.head import Head
from weigh.judges.processor import has_bf16
from weigh.judges.trie import Row, Scored, ancestors, pack, shared_length, trunk_length

Precision = Literal["auto", "fp32", "bf16"]

# Nodes a row, and nodes whose attention to each other costs as much as the rest of the model.
ROW_TOKENS = 512
# Padded tokens a forward pass: enough to fill the matrix units, few enough to stay in cache and to answer Ctrl-C.
PASS_TOKENS = 1024
# Fewer tokens that need not be computed again are not worth a pass of their own.
TRUNK_TOKENS = 64
TOLERANCE = 2e-3
# Parameters up to which "auto" stays in fp32: such a model is quick enough, every machine finds the same numbers, and
# the rounding of bf16 can put a check on the other side of its threshold.
FP32_UP_TO = 300_000_000
# How architectures say that they do not know a kind of mask, cache or layer.
REFUSALS = (RuntimeError, TypeError, ValueError, AttributeError, LookupError)

PROBE = (
    "You find a wallet in the street. You decide to take it to the police.",
    "You find a wallet in the street. You decide to keep the money.",
    "Your neighbour plays loud music at night. The right thing to do is to talk to them.",
    "Your neighbour plays loud music at night. The wrong thing to do is to talk to them.",
)


@dataclass(frozen=True)
class Check:
    """What the engine found out about itself at the start.

    Attributes
    ----------
    shares_prefixes : bool
        Whether packed rows give what the plain model gives.
    shares_trunk : bool
        Whether rows that stand on keys and values computed before do, too.
    packs_weights : bool
        Whether products are left to oneDNN, with weights in its own order.
    rounding : float
        Largest difference between the chosen precision and fp32 in a text's log-probability, in nats; NaN where it
        could not be measured.
    """

    shares_prefixes: bool
    shares_trunk: bool
    packs_weights: bool
    rounding: float


class Engine:
    """A causal language model that scores token sequences.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        In fp32 where it fits; cast here.
    precision : {"auto", "fp32", "bf16"}
        Of the body. "auto" takes bf16 where the device has it and the model is a large one (`FP32_UP_TO`).
    device : str
        Where torch runs it.
    probe : sequence of tuple of int
        Token sequences to check itself with.
    pad : int
        Id of a token to fill rows with; never seen by others.
    """

    def __init__(
        self, model: Any, *, precision: Precision, device: str, probe: Sequence[tuple[int, ...]], pad: int = 0
    ) -> None:
        self.torch = need("torch", "llm")
        self.device = device
        self.pad = pad
        self.model = model.eval().to(device)
        self.parameters = sum(parameter.numel() for parameter in model.parameters())
        rounds = self.parameters > FP32_UP_TO and has_bf16(device)
        self.precision = precision if precision != "auto" else ("bf16" if rounds else "fp32")
        self.shares, self.uses_trunk = True, False
        self.head = Head(None)
        config = model.config.get_text_config()
        slides = getattr(config, "use_sliding_window", True)
        self.window: int | None = getattr(config, "sliding_window", None) if slides else None
        self.check = self._start(probe)

    def logprobs(self, sequences: Sequence[Scored]) -> tuple[list[NDArray[np.float64]], int]:
        """Natural-log probability of each scored token given those before it.

        Parameters
        ----------
        sequences : sequence of Scored
            In any order.

        Returns
        -------
        scores : list of array, shape (n_scored_tokens,)
            One array a sequence.
        tokens : int
            Tokens that were computed.

        Raises
        ------
        InputError
            A sequence has no context before its first scored token.
        """
        for tokens, start in sequences:
            if start < 1 or start >= len(tokens):
                raise InputError(
                    f"a text of {len(tokens)} tokens cannot be scored from token {start}: it needs a context"
                )
        scores: list[NDArray[np.float64]] = [np.empty(0)] * len(sequences)
        computed = 0
        for rows, states, tokens in self._passes(sequences):
            computed += tokens
            for number, values in self.head.score(states, rows, sequences):
                scores[number] = values
        return scores, computed

    def next_logprobs(self, contexts: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Natural-log probability of every token of the vocabulary after each context.

        Parameters
        ----------
        contexts : sequence of tuple of int
            Tokens, one or more each.

        Yields
        ------
        (int, array of shape (n_vocabulary,))
            Number of the context, as its pass comes.
        """
        # what follows a context is predicted from its last token; the token put after it is never computed
        sequences = [Scored((*tokens, self.pad), len(tokens)) for tokens in contexts]
        for rows, states, _ in self._passes(sequences):
            with self.torch.inference_mode():
                for r, row in enumerate(rows):
                    for number, (node, *_) in row.scored:
                        logits = self.head.logits(states[r, node : node + 1])[0]
                        yield number, self.torch.log_softmax(logits, -1).double().cpu().numpy()

    def tokens_per_second(self) -> float:
        """Speed on one full pass of made-up text, measured now."""
        n, length = PASS_TOKENS // 64, 64
        texts = [tuple(1 + (17 * row + 31 * at) % 500 for at in range(length)) for row in range(n)]
        began = time.perf_counter()
        _, tokens = self.logprobs([Scored(text, length // 2) for text in texts])
        return tokens / (time.perf_counter() - began)

    def _passes(self, sequences: Sequence[Scored]) -> Iterator[tuple[list[Row], Any, int]]:
        """Rows, the states of their nodes, and the tokens that this took, a pass at a time."""
        # a packed row's mask says nothing of sliding windows, which only matter to texts longer than the window
        longest = self.window or max((len(tokens) for tokens, _ in sequences), default=0)
        short = [i for i, (tokens, _) in enumerate(sequences) if self.shares and len(tokens) <= longest]
        yield from self._on_trunk(sequences, *self._rows(sequences, short))
        for rows in _filled([Row.alone(i, sequences[i]) for i in sorted(set(range(len(sequences))) - set(short))]):
            yield rows, self._states_alone(rows), sum(len(row.tokens) for row in rows)

    def _rows(self, sequences: Sequence[Scored], chosen: list[int]) -> tuple[list[Row], int]:
        trunk = trunk_length([sequences[i] for i in chosen]) if self.uses_trunk else 0
        rows = pack(sequences, ROW_TOKENS, chosen, trunk=trunk)
        if not trunk or trunk * (len(rows) - 1) >= TRUNK_TOKENS:
            return rows, trunk
        return pack(sequences, ROW_TOKENS, chosen), 0

    def _on_trunk(
        self, sequences: Sequence[Scored], rows: list[Row], trunk: int
    ) -> Iterator[tuple[list[Row], Any, int]]:
        before = self._keys_and_values(sequences[rows[0].scored[0][0]].tokens[:trunk]) if trunk else []
        tokens = trunk
        for batch in _filled(rows):
            yield batch, self._states(batch, trunk, before), tokens + sum(len(row.tokens) for row in batch)
            tokens = 0

    def _keys_and_values(self, tokens: tuple[int, ...]) -> list[tuple[Any, Any]]:
        torch = self.torch
        with torch.inference_mode():
            out = self.model.base_model(torch.tensor([tokens], device=self.device), use_cache=True)
        return [(layer.keys, layer.values) for layer in out.past_key_values.layers]

    def _states(self, rows: list[Row], trunk: int, before: list[tuple[Any, Any]]) -> Any:
        torch = self.torch
        tokens, width = self._padded([row.tokens for row in rows], self.pad)
        positions, _ = self._padded([row.depths for row in rows], 0)
        sees = np.zeros((len(rows), 1, width, trunk + width), dtype=bool)
        sees[..., :trunk] = True
        # padding sees itself, as a softmax over nothing is NaN
        sees[:, 0, np.arange(width), trunk + np.arange(width)] = True
        for r, row in enumerate(rows):
            n = len(row.tokens)
            sees[r, 0, :n, trunk : trunk + n] = ancestors(row)
        mask = torch.zeros(sees.shape, dtype=self.dtype)
        mask.masked_fill_(torch.from_numpy(~sees), torch.finfo(self.dtype).min)
        inputs = {"position_ids": positions, "attention_mask": mask.to(self.device), "use_cache": False}
        if trunk:
            inputs["past_key_values"] = need("transformers", "llm").DynamicCache(
                [tuple(x.expand(len(rows), *x.shape[1:]) for x in layer) for layer in before]
            )
        return self._forward(input_ids=tokens, **inputs)

    def _states_alone(self, rows: list[Row]) -> Any:
        tokens, _ = self._padded([row.tokens for row in rows], self.pad)
        there, _ = self._padded([[1] * len(row.tokens) for row in rows], 0)
        return self._forward(input_ids=tokens, attention_mask=there, use_cache=False)

    def _padded(self, lists: Sequence[Sequence[int]], pad: int) -> tuple[Any, int]:
        width = max(map(len, lists))
        array = np.full((len(lists), width), pad, dtype=np.int64)
        for row, values in zip(array, lists, strict=True):
            row[: len(values)] = values
        return self.torch.from_numpy(array).to(self.device), width

    def _forward(self, **inputs: Any) -> Any:
        with self.torch.inference_mode():
            if self.head.layer is None:
                return self.model(**inputs).logits
            return self.model.base_model(**inputs).last_hidden_state

    def _start(self, probe: Sequence[tuple[int, ...]]) -> Check:
        torch = self.torch
        scored = [Scored(tokens, 1) for tokens in probe]
        self.dtype = next(self.model.parameters()).dtype
        with torch.inference_mode():
            plain = []
            for tokens in probe:
                logits = self.model(torch.tensor([tokens], device=self.device), use_cache=False).logits[0].float()
                plain.append(
                    torch.log_softmax(logits, -1)[range(len(tokens) - 1), list(tokens[1:])].double().cpu().numpy()
                )
        exact = self.dtype == torch.float32
        tolerance = TOLERANCE if exact else 0.5
        none = Head(None)
        own = Head.of(self.model) or none
        # without the own head where it does more than multiply: soft caps, scales; unpacked where positions or masks
        # are not free
        for self.shares, self.head in ((True, own), (True, none), (False, own), (False, none)):
            if self._agrees(scored, plain, tolerance):
                break
        self.uses_trunk = self.shares and self._trunk_holds(probe[:2], plain[:2], tolerance)
        if self.precision == "bf16" and exact:
            self._cast()
        tolerance = TOLERANCE if self.dtype == torch.float32 else 0.5
        attends = self.device == "cpu" and self.dtype == torch.bfloat16 and attention.use(self.model)
        if attends and not self._agrees(scored, plain, tolerance):
            attention.put_back(self.model)
        packs = self._pack_weights(scored, plain, tolerance)
        self.uses_trunk = self.uses_trunk and self._trunk_holds(probe[:2], plain[:2], tolerance)
        found, _ = self.logprobs(scored)
        rounding = (
            max(abs(float(a.sum() - b.sum())) for a, b in zip(found, plain, strict=True)) if exact else float("nan")
        )
        return Check(self.shares, self.uses_trunk, packs, rounding)

    def _trunk_holds(
        self, texts: Sequence[tuple[int, ...]], plain: Sequence[NDArray[np.float64]], tolerance: float
    ) -> bool:
        """Whether two rows on one trunk give what the plain model gives."""
        trunk = shared_length(*texts) - 1
        if trunk < 1:
            return False
        scored = [Scored(tokens, trunk + 1) for tokens in texts]
        found = [np.empty(0)] * len(texts)
        try:
            for rows, states, _ in self._on_trunk(scored, pack(scored, 1, trunk=trunk), trunk):
                for number, values in self.head.score(states, rows, scored):
                    found[number] = values
        except REFUSALS:
            return False  # the architecture keeps something other than keys and values
        return all(np.abs(a - b[trunk:]).max() <= tolerance for a, b in zip(found, plain, strict=True))

    def _pack_weights(self, scored: Sequence[Scored], plain: Sequence[NDArray[np.float64]], tolerance: float) -> bool:
        """Leave products to oneDNN where that gives what the plain model gives."""
        size = sum(parameter.nbytes for parameter in self.model.parameters())
        # old and new weights stand side by side until the check is over
        if not onednn.is_there(self.device) or size > 0.5 * psutil.virtual_memory().available:
            return False
        body = self.model.base_model
        try:
            old = onednn.pack_layers(body)
        except REFUSALS:
            return False
        if not self._agrees(scored, plain, tolerance):
            onednn.put_back(body, old)
            return False
        if self.head.layer is not None:
            self.head = Head(onednn.packed(self.head.layer))
        return True

    def _cast(self) -> None:
        self.model = self.model.to(self.torch.bfloat16)
        self.dtype = self.torch.bfloat16

    def _agrees(self, scored: Sequence[Scored], plain: Sequence[NDArray[np.float64]], tolerance: float) -> bool:
        try:
            found, _ = self.logprobs(scored)
        except REFUSALS:
            return False  # the architecture refuses such masks; the plain way remains
        return all(np.abs(a - b).max() <= tolerance for a, b in zip(found, plain, strict=True))


def _filled(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows of about one length, as many as one forward pass should hold."""
    batch: list[Row] = []
    for row in sorted(rows, key=lambda row: len(row.tokens)):
        if batch and len(row.tokens) * (len(batch) + 1) > PASS_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
