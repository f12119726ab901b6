"""Log-probabilities of given texts from a causal language model: packed rows, a bf16 body, an fp32 head.

The output head is applied in fp32, over the whole vocabulary, at the scored positions only: rounding the head to bf16
costs a third of the signal of a forced choice. The body runs in bf16 where the processor has it, three times as fast.
The first thing the engine does is to check itself against the plain model, and where its shortcuts do not hold for an
architecture it does without them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import psutil
from numpy.typing import NDArray

from weigh.core.errors import InputError, need
from weigh.judges.trie import Row, Scored, ancestors, pack

Precision = Literal["auto", "fp32", "bf16"]

# Nodes a row: longer rows share more and waste more attention on each other's tokens.
ROW_TOKENS = 192
# Padded tokens a forward pass: enough to fill the matrix units, few enough to stay in cache and to answer Ctrl-C.
PASS_TOKENS = 2048
# Rows of logits held at once: 512 x 49,152 fp32 is 100 MB, allocated once: fresh pages cost more than sums.
HEAD_ROWS = 512
TOLERANCE = 2e-3

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
    rounding : float
        Largest difference between the chosen precision and fp32 in a text's log-probability, in nats; NaN where it
        could not be measured.
    """

    shares_prefixes: bool
    rounding: float


class Engine:
    """A causal language model that scores token sequences.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        In fp32 where it fits; cast here.
    precision : {"auto", "fp32", "bf16"}
        Of the body. "auto" takes bf16 where the device has it.
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
        self.precision = precision if precision != "auto" else ("bf16" if has_bf16(device) else "fp32")
        self.shares = True
        self._logits_buffer: Any = None
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
        for rows, packed in self._passes(sequences):
            states = self._states(rows, packed)
            for number, values in self._score(states, rows, sequences):
                scores[number] = values
            computed += sum(len(row.tokens) for row in rows)
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
        for rows, packed in self._passes(sequences):
            states = self._states(rows, packed)
            with self.torch.inference_mode():
                for r, row in enumerate(rows):
                    for number, (node, *_) in row.scored:
                        logits = self._logits(states[r, node : node + 1])[0]
                        yield number, self.torch.log_softmax(logits, -1).double().cpu().numpy()

    def tokens_per_second(self) -> float:
        """Speed on one full pass of made-up text, measured now."""
        n, length = PASS_TOKENS // 64, 64
        texts = [tuple(1 + (17 * row + 31 * at) % 500 for at in range(length)) for row in range(n)]
        began = time.perf_counter()
        _, tokens = self.logprobs([Scored(text, length // 2) for text in texts])
        return tokens / (time.perf_counter() - began)

    def _passes(self, sequences: Sequence[Scored]) -> Iterator[tuple[list[Row], bool]]:
        # a packed row's mask says nothing of sliding windows, which only matter to texts longer than the window
        longest = self.window or max((len(tokens) for tokens, _ in sequences), default=0)
        short = [i for i, (tokens, _) in enumerate(sequences) if self.shares and len(tokens) <= longest]
        plain = sorted(set(range(len(sequences))) - set(short))
        yield from ((rows, True) for rows in _filled(pack(sequences, ROW_TOKENS, short)))
        yield from ((rows, False) for rows in _filled([Row.alone(i, sequences[i]) for i in plain]))

    def _states(self, rows: list[Row], packed: bool) -> Any:
        torch = self.torch
        width = max(len(row.tokens) for row in rows)
        tokens = np.full((len(rows), width), self.pad, dtype=np.int64)
        positions = np.zeros((len(rows), width), dtype=np.int64)
        sees = np.zeros((len(rows), 1, width, width), dtype=bool)
        # padding sees itself, as a softmax over nothing is NaN
        sees[:, 0, np.arange(width), np.arange(width)] = True
        for r, row in enumerate(rows):
            n = len(row.tokens)
            tokens[r, :n], positions[r, :n] = row.tokens, row.depths
            if packed:
                sees[r, 0, :n, :n] = ancestors(row)
        inputs = {"input_ids": torch.from_numpy(tokens).to(self.device), "use_cache": False}
        if packed:
            inputs["position_ids"] = torch.from_numpy(positions).to(self.device)
            mask = torch.zeros(sees.shape, dtype=self.dtype)
            mask.masked_fill_(torch.from_numpy(~sees), torch.finfo(self.dtype).min)
            inputs["attention_mask"] = mask.to(self.device)
        else:
            there = np.arange(width)[None] < np.array([[len(row.tokens)] for row in rows])
            inputs["attention_mask"] = torch.from_numpy(there.astype(np.int64)).to(self.device)
        with torch.inference_mode():
            if self.head is None:
                return self.model(**inputs).logits
            return self.model.base_model(**inputs).last_hidden_state

    def _score(
        self, states: Any, rows: list[Row], sequences: Sequence[Scored]
    ) -> Iterator[tuple[int, NDArray[np.float64]]]:
        torch = self.torch
        wanted: list[tuple[int, int]] = []
        targets: list[int] = []
        spans: list[tuple[int, int]] = []
        for r, row in enumerate(rows):
            for number, nodes in row.scored:
                spans.append((number, len(nodes)))
                wanted.extend((r, node) for node in nodes)
                targets.extend(sequences[number].tokens[-len(nodes) :])
        # a node that predicts several continuations goes through the head once
        unique, which = np.unique(np.array(wanted), axis=0, return_inverse=True)
        which = which.reshape(-1)
        picked = states[torch.from_numpy(unique[:, 0]), torch.from_numpy(unique[:, 1])]
        goal = np.array(targets)
        values = np.empty(len(goal))
        order = np.argsort(which, kind="stable")
        edges = np.searchsorted(which[order], np.arange(0, len(unique) + HEAD_ROWS, HEAD_ROWS))
        with torch.inference_mode():
            for chunk, (a, b) in enumerate(pairwise(edges)):
                first = chunk * HEAD_ROWS
                logits = self._logits(picked[first : first + HEAD_ROWS])
                rows_of = torch.from_numpy(which[order[a:b]] - first)
                at = logits[rows_of, torch.from_numpy(goal[order[a:b]])]
                top = logits.amax(dim=-1, keepdim=True)
                norm = logits.sub_(top).exp_().sum(dim=-1).log_().add_(top[:, 0])  # in place: logits are not used again
                values[order[a:b]] = (at - norm[rows_of]).double().cpu().numpy()
        at = 0
        for number, length in spans:
            yield number, values[at : at + length]
            at += length

    def _logits(self, states: Any) -> Any:
        if self.head is None:
            return states.float().clone()
        weight, bias = self.head
        if self._logits_buffer is None or self._logits_buffer.shape[1] != len(weight):
            self._logits_buffer = self.torch.empty(HEAD_ROWS, len(weight), device=self.device)
        logits = self.torch.mm(states.float(), weight.t(), out=self._logits_buffer[: len(states)])
        return logits if bias is None else logits.add_(bias)

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
        self.head = self._fp32_head()
        tolerance = TOLERANCE if exact else 0.5
        if not self._agrees(scored, plain, tolerance):
            self.head = None  # the head does more than multiply: soft caps, scales
            if not self._agrees(scored, plain, tolerance):
                self.head, self.shares = self._fp32_head(), False  # positions or masks are not free
                if not self._agrees(scored, plain, tolerance):
                    self.head = None
        if self.precision == "bf16" and exact:
            self._cast()
        found, _ = self.logprobs(scored)
        rounding = (
            max(abs(float(a.sum() - b.sum())) for a, b in zip(found, plain, strict=True)) if exact else float("nan")
        )
        return Check(self.shares, rounding)

    def _fp32_head(self) -> tuple[Any, Any] | None:
        head = self.model.get_output_embeddings()
        if head is None or not hasattr(head, "weight"):
            return None
        bias = getattr(head, "bias", None)
        # a copy: the body's cast must not reach a head that is tied to the input embeddings
        return head.weight.detach().float().clone(), None if bias is None else bias.detach().float().clone()

    def _cast(self) -> None:
        self.model = self.model.to(self.torch.bfloat16)
        self.dtype = self.torch.bfloat16

    def _agrees(self, scored: Sequence[Scored], plain: Sequence[NDArray[np.float64]], tolerance: float) -> bool:
        try:
            found, _ = self.logprobs(scored)
        except (RuntimeError, TypeError, ValueError, AttributeError):
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


def has_bf16(device: str = "cpu") -> bool:
    """Whether bf16 is faster than fp32 here: matrix units for it, not mere support."""
    torch = need("torch", "llm")
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    if device != "cpu":
        return False
    return any(flag in cpu_flags() for flag in ("avx512_bf16", "amx_bf16", "bf16"))


def cpu_flags() -> frozenset[str]:
    """Features that the processor reports; empty where the system does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.lower().startswith(("flags", "features")):
                    return frozenset(line.split(":", 1)[1].split())
    except OSError:
        pass
    return frozenset()


def choose_threads() -> int:
    """Threads for which there are idle cores; two threads beside a busy process run ten times slower than one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    busy = psutil.cpu_percent(interval=0.2) / 100 * (psutil.cpu_count() or cores)
    return max(1, min(cores, round(cores - busy)))
