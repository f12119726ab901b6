"""Forced choice with the embedded model, one thread: ours, a plain loop of batches of 32, and one prompt at a time.

Sixteen dilemmas in both orders, original wording. In fp32 the answers must be equal to 1e-3; in bf16 the plain loop
rounds its head too, so the largest difference is told. Loading is not timed, tokenising is.
"""

from __future__ import annotations

import numpy as np

from bench.plain import Plain, asks_of
from bench.timing import Row, in_turns
from weigh.banks.bank import find_bank
from weigh.core.errors import MissingExtra
from weigh.judges.local import LocalModel
from weigh.judges.processor import has_bf16
from weigh.judges.smol import converted_folder, gguf_file
from weigh.loops.elicit import Interview


def bench(*, tiny: bool = False) -> list[Row]:
    """Items a processor second in fp32 and, where the processor has it, in bf16."""
    import torch

    folder = converted_folder()
    if folder is None:
        try:
            gguf_file()
            why = "run `weigh measure` once, which converts it"
        except MissingExtra:
            why = "it is not installed"
        return [Row("forced_choice", "skipped", float("nan"), "", None, f"no embedded model: {why}", watched=False)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [row for kind in ("fp32", *["bf16"] * has_bf16()) for row in _in_precision(folder, kind, tiny=tiny)]
    finally:
        torch.set_num_threads(threads)


def _in_precision(folder, kind, *, tiny: bool) -> list[Row]:
    bank = find_bank("pilot")
    n = 2 if tiny else 16
    asks = asks_of(bank, bank.dilemmas[:n])
    ours, plain = LocalModel(folder, name="smol", precision=kind, threads=1), Plain(folder, kind)
    found: dict[str, np.ndarray] = {}

    def ask() -> None:
        ours._tokens.clear()  # tokenising is part of the work
        interview = Interview(ours, bank.version)
        interview.ask(asks)
        rows = {(row["question"], tuple(row["order"])): row["scores"] for row in interview.rows.values()}
        scores = [rows[one.question.id, one.order] for one in asks]
        found["weigh"] = np.array([s[one.order[0]] - s[one.order[1]] for s, one in zip(scores, asks, strict=True)])

    def loop(name: str, batch: int) -> None:
        found[name] = plain.log_odds(plain.texts(asks), batch)

    contenders = {
        "one by one": lambda: loop("one by one", 1),
        "plain loop, batch 32": lambda: loop("plain loop, batch 32", 32),
        "weigh": ask,
    }
    taken = in_turns(contenders, rounds=1 if tiny else 3)
    apart = {name: float(np.abs(odds - found["one by one"]).max()) for name, odds in found.items()}
    if kind == "fp32" and apart["weigh"] > 1e-3:
        raise AssertionError(
            f"fp32 answers differ by {apart['weigh']:.2g} from those one by one; expected 1e-3 at most"
        )
    reference = taken["plain loop, batch 32"]
    return [
        Row(
            "forced_choice", f"{name}, {kind}", n / time, "items/CPU s",
            None if name == "plain loop, batch 32" else reference / time, f"log-odds within {apart[name]:.1g}",
        )
        for name, time in taken.items()
    ]  # fmt: skip
