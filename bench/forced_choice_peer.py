"""One peer of `bench.forced_choice`, in a process and an environment of its own, which need not have weigh.

It is told what to do by the JSON object in the file that is its argument: {"peer", "folder", "precision", "batch",
"texts"}. For each line on stdin it scores all texts once and prints {"wall", "cpu", "log_odds"}. Loading is not timed.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Score = Callable[[list[str]], list[float]]
LETTERS = (" A", " B")


def lm_eval(folder: str, precision: str, batch: int) -> Score:
    """The evaluation harness: the log-likelihood of each letter as a continuation."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    logging.disable(logging.WARNING)
    model = HFLM(pretrained=folder, device="cpu", batch_size=batch, dtype=precision)

    def score(texts: list[str]) -> list[float]:
        asked = [Instance("loglikelihood", {}, (text, letter), i) for text in texts for i, letter in enumerate(LETTERS)]
        found = [logprob for logprob, _ in model.loglikelihood(asked, disable_tqdm=True)]
        return [a - b for a, b in zip(found[::2], found[1::2], strict=True)]

    return score


def inspect_hf(folder: str, precision: str, batch: int) -> Score:
    """Inspect's `hf` provider in an evaluation: one token, with the twenty likeliest."""
    os.environ["INSPECT_DISPLAY"] = "none"
    import inspect_ai
    import torch
    from inspect_ai import Task
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.solver import Generate, TaskState, solver

    model = get_model(
        "hf/local",
        model_path=folder,
        tokenizer_path=folder,
        device="cpu",
        batch_size=batch,
        do_sample=False,
        dtype=getattr(torch, precision),
        # the texts are rendered conversations
        chat_template="{{ messages[0]['content'] }}",
    )
    config = GenerateConfig(max_tokens=1, logprobs=True, top_logprobs=20)

    @solver
    def both() -> Any:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            (text,) = [message.text for message in state.messages]
            output = await get_model().generate(text, config=config)
            logprobs = output.choices[0].logprobs
            likeliest = logprobs.content[0].top_logprobs if logprobs else None
            state.store.set("likeliest", {one.token.replace("Ġ", " "): one.logprob for one in likeliest or []})
            return state

        return solve

    scratch = (
        tempfile.TemporaryDirectory()
    )  # as long as the process: samples are read from the log when they are asked for

    def score(texts: list[str]) -> list[float]:
        data = MemoryDataset([Sample(id=i, input=text) for i, text in enumerate(texts)])
        (log,) = inspect_ai.eval(
            Task(dataset=data, solver=both()),
            model=model,
            display="none",
            log_dir=scratch.name,
            max_samples=4 * batch,
            max_connections=4 * batch,
            log_level="error",
        )
        if log.status != "success" or not log.samples:
            raise RuntimeError(str(log.error)[:500])
        likeliest = {sample.id: sample.store["likeliest"] for sample in log.samples}
        nothing = float("nan")
        return [likeliest[i].get(" A", nothing) - likeliest[i].get(" B", nothing) for i in range(len(texts))]

    return score


PEERS = {"lm_eval": lm_eval, "inspect_ai": inspect_hf}


def cpu() -> float:
    """Processor seconds of this process and its children."""
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Load, say so, then score whenever told to."""
    import torch

    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the peer prints is no answer
    torch.set_num_threads(1)
    precision = {"fp32": "float32", "bf16": "bfloat16"}[job["precision"]]
    score = PEERS[job["peer"]](job["folder"], precision, job["batch"])
    torch.set_num_threads(1)
    print(json.dumps("ready"), file=out, flush=True)
    for _ in sys.stdin:
        began = time.perf_counter(), cpu()
        odds = score(job["texts"])
        wall, used = time.perf_counter() - began[0], cpu() - began[1]
        print(json.dumps({"wall": wall, "cpu": used, "log_odds": odds}), file=out, flush=True)


if __name__ == "__main__":
    main()
