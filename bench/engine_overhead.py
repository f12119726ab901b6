"""What asking costs beside the model: milliseconds a prompt on a model of almost no size.

Ours is the whole way from the question to the answer on disk: prompts, keys, packing, masks, scores, and the ledger's
sync. The reference is a plain batched loop that keeps nothing. Figures and ratios are of processor time; the wall's,
with the wait for the disk, stands beside them. Design figure: ≤ 0.7 ms where the plain loop takes 0.55.
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np

from bench import tiny_model
from bench.plain import Plain, asks_of
from bench.timing import Row, in_turns_by_both, measured
from weigh.banks.bank import find_bank
from weigh.core.ledger import Ledger
from weigh.judges.local import LocalModel
from weigh.loops.elicit import Interview


def bench(*, tiny: bool = False) -> list[Row]:
    """Forced choices of the pilot bank in both orders: ours with a ledger, ours without, the plain loop."""
    import torch

    bank = find_bank("pilot")
    asks = asks_of(bank, bank.items[: 8 if tiny else None])
    threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as scratch:
        folder = tiny_model.save(Path(scratch) / "model", bank)
        try:
            ours = LocalModel(folder, name="tiny", precision="fp32", threads=1)
            plain = Plain(folder)
            number = itertools.count()
            found: dict[str, np.ndarray] = {}

            def asked(ledger: Ledger | None) -> None:
                ours._tokens.clear()  # else every round but the first would find its prompts tokenised
                interview = Interview(ours, bank.version, ledger)
                interview.ask(asks)
                rows = {(row["question"], tuple(row["order"])): row["scores"] for row in interview.rows.values()}
                # letter A stands for the option that is shown first
                scores = [rows[ask.question.id, ask.order] for ask in asks]
                found["ours"] = np.array(
                    [s[ask.order[0]] - s[ask.order[1]] for s, ask in zip(scores, asks, strict=True)]
                )

            def with_ledger() -> None:
                with Ledger(Path(scratch) / f"run{next(number)}") as ledger:
                    asked(ledger)

            def loop() -> None:
                found["plain"] = plain.log_odds(plain.texts(asks), 32)

            contenders = {"plain loop, batch 32": loop, "weigh": with_ledger, "weigh, no ledger": lambda: asked(None)}
            timed = {name: lambda call=call: measured(call) for name, call in contenders.items()}
            taken = in_turns_by_both(timed, rounds=2 if tiny else 9)
        finally:
            torch.set_num_threads(threads)
    apart = float(np.abs(found["ours"] - found["plain"]).max())
    if apart > 1e-3:
        raise AssertionError(
            f"ours and the plain loop differ by {apart:.2g} in a log-odds; a faster wrong answer is no gain"
        )
    reference = taken["plain loop, batch 32"]
    each = 1e3 / len(asks)
    return [
        Row(
            "engine_overhead", name, time.cpu * each, "ms a prompt",
            None if time is reference else reference.cpu / time.cpu,
            f"{time.wall * each:.3g} by wall; log-odds within {apart:.1g}",
        )
        for name, time in taken.items()
    ]  # fmt: skip
