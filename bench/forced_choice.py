"""Forced choice with the embedded model, one thread: ours beside plain loops, lm-evaluation-harness and Inspect.

Sixteen dilemmas in both orders, original wording; batches of 32 where there are batches. In fp32 the answers must be
equal to 1e-3; in bf16 they round their heads too, so the largest difference is told. Loading is not timed, tokenising
is. The roof is what the plain model would do if it computed each prefix of the prompts once, at the speed of its body
on full batches. Peers that are not installed have a row that says so. Design figures: twice the items of the harness,
four times those of Inspect's `hf` provider by wall.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np

from bench.peers import Peer, python_with
from bench.plain import Plain, asks_of
from bench.timing import Row, Taken, cpu, in_turns_by_both, measured
from weigh.banks.bank import find_bank
from weigh.core.errors import MissingExtra
from weigh.judges.local import LocalModel
from weigh.judges.processor import has_bf16
from weigh.judges.smol import converted_folder, gguf_file
from weigh.judges.trie import count_nodes
from weigh.loops.elicit import Interview

BATCH = 32
LOOP = f"plain loop, batch {BATCH}"
PEERS = {"lm_eval": "lm-eval", "inspect_ai": "Inspect's hf"}


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
        return [Row("forced_choice", "skipped", math.nan, "", None, f"no embedded model: {why}", watched=False)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        kinds: list[Literal["fp32", "bf16"]] = ["fp32", "bf16"] if has_bf16() else ["fp32"]
        return [row for kind in kinds for row in _in_precision(folder, kind, tiny=tiny)]
    finally:
        torch.set_num_threads(threads)


def _in_precision(folder: Path, kind: Literal["fp32", "bf16"], *, tiny: bool) -> list[Row]:
    bank = find_bank("pilot")
    n = 2 if tiny else 16
    asks = asks_of(bank, bank.dilemmas[:n])
    ours, plain = LocalModel(folder, name="smol", precision=kind, threads=1), Plain(folder, kind)
    texts = plain.texts(asks)
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

    contenders: dict[str, Callable[[], Taken]] = {
        "one by one": lambda: measured(lambda: loop("one by one", 1)),
        LOOP: lambda: measured(lambda: loop(LOOP, BATCH)),
        "weigh": lambda: measured(ask),
    }
    absent = []
    with contextlib.ExitStack() as held:
        peers = {}
        for package, name in PEERS.items():
            python = python_with(package)
            if python is None:
                absent.append(
                    Row("forced_choice", f"{name}, {kind}", math.nan, "", None,
                        f"{package} is not installed; `make peers` installs it", watched=False)
                )  # fmt: skip
                continue
            job = {"peer": package, "folder": str(folder), "precision": kind, "batch": BATCH, "texts": texts}
            peers[name] = Peer(python, Path(__file__).with_name("forced_choice_peer.py"), job)
            held.callback(peers[name].close)
        taken = in_turns_by_both(contenders | {name: peer.run for name, peer in peers.items()}, 1 if tiny else 3)
    found |= {name: np.array(peer.found["log_odds"], dtype=float) for name, peer in peers.items()}
    apart = {name: float(np.abs(odds - found["one by one"]).max()) for name, odds in found.items()}
    worst = max(apart, key=lambda name: apart[name])
    if kind == "fp32" and not apart[worst] <= 1e-3:
        raise AssertionError(
            f"fp32 answers of {worst} differ by {apart[worst]:.2g} from those one by one; expected 1e-3 at most"
        )
    rows = [
        Row(
            "forced_choice", f"{name}, {kind}", n / time.cpu, "items/CPU s",
            None if name == LOOP else taken[LOOP].cpu / time.cpu,
            f"log-odds within {apart[name]:.1g}; {n / time.wall:.3g} items/s by wall", watched=name not in peers,
        )
        for name, time in taken.items()
    ]  # fmt: skip
    rows += [
        Row(
            "forced_choice", f"weigh beside {name}, {kind}", taken[name].wall / taken["weigh"].wall, "× by wall",
            taken[name].cpu / taken["weigh"].cpu, "the ratio is by processor time",
        )
        for name in peers
    ]  # fmt: skip
    return [*rows, *absent, _roof(plain, texts, n, taken[LOOP].cpu, kind)]


def _roof(plain: Plain, texts: list[str], n: int, reference: float, kind: str) -> Row:
    torch = plain.torch
    ids = [tuple(one) for one in plain.tokenizer(texts, add_special_tokens=False)["input_ids"]]
    tokens, nodes = sum(map(len, ids)), count_nodes(ids)
    width = round(tokens / len(ids))
    block = torch.arange(BATCH * width).reshape(BATCH, width) % 1000
    times = []
    with torch.inference_mode():
        for _ in range(4):
            began = cpu()
            plain.model.base_model(block, use_cache=False)
            times.append(cpu() - began)
    speed = block.numel() / min(times[1:])
    return Row(
        "forced_choice", f"roof of the plain body, {kind}", n * speed / nodes, "items/CPU s", reference * speed / nodes,
        f"{nodes} of {tokens} tokens at {speed:.4g} tokens/s", watched=False,
    )  # fmt: skip
