"""An OpenAI-compatible server for tests: on 127.0.0.1 only, ended by the test, with abilities and faults as wanted.

A fault is a function of the seed, the request and how often it has come, so that threads change nothing.
"""

from __future__ import annotations

import email.utils
import hashlib
import json
import math
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

FAULTS = ("429 s", "429 date", "500", "502", "503", "reset", "hang", "no json", "truncated")
SHOWN = re.compile(r"^([A-Z])\. (.*)$", re.MULTILINE)
FILLERS = (
    "I", "The", "Option", "Answer", "**", "My", "It", "You", "Both", "Neither", "We", "Yes", "No", "Well", "Sure",
    "This", "That", "To", "In", "An", "As", "Of",
)  # fmt: skip


def unit(*parts: object) -> float:
    """A number from 0 to 1 that the parts decide."""
    text = json.dumps([str(part) for part in parts])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


def by_text(messages: list[dict[str, str]], options: list[str]) -> list[float]:
    """Log-probabilities of the letters: each option has a worth of its own; 0.9 on all letters together."""
    logits = np.array([4 * unit(option) for option in options])
    return (logits - np.logaddexp.reduce(logits) + math.log(0.9)).tolist()


@dataclass
class FakeServer:
    """A server, running while it is a context.

    Parameters
    ----------
    chat, completions, logprobs, token_ids, echo, prompt_logprobs, seeds, lists : bool
        What it offers.
    max_top : int
        Most top tokens that may be asked for.
    thinks : bool
        Whether it writes its thoughts first.
    letters : callable
        (messages, options shown) → log-probability of each letter.
    answer : callable, optional
        (path, body) → (status, headers, body) or None: comes before everything else.
    fault_share, seed : float, int
        Share of requests that fail, and how they are drawn.
    delay : float
        Seconds that an answer takes.
    room : int
        Requests at once; the next one gets a 429.
    """

    chat: bool = True
    completions: bool = True
    logprobs: bool = True
    token_ids: bool = False
    echo: bool = False
    prompt_logprobs: bool = False
    seeds: bool = True
    lists: bool = True
    max_top: int = 20
    thinks: bool = False
    letters: Callable[[list[dict[str, str]], list[str]], list[float]] = by_text
    answer: Callable[[str, dict[str, Any]], Any] | None = None
    fault_share: float = 0.0
    seed: int = 0
    delay: float = 0.0
    room: int = 1000
    requests: list[tuple[str, Mapping[str, str], dict[str, Any]]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    running_at: list[int] = field(default_factory=list)

    def __enter__(self) -> FakeServer:
        self.closing, self.guard, self.running = threading.Event(), threading.Lock(), 0
        self.seen: Counter[str] = Counter()
        server = self

        class Handler(_Handler):
            fake = server

        self.http = _Quiet(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    @property
    def spec(self) -> str:
        return f"{self.url}#fake"

    def to(self, path: str) -> list[dict[str, Any]]:
        """The bodies of all requests to a path."""
        return [body for at, _, body in self.requests if at == path]

    def fault_of(self, path: str, text: str) -> str:
        with self.guard:
            self.seen[path + text] += 1
            nth = self.seen[path + text]
        if unit(self.seed, path, text, nth) >= self.fault_share:
            return ""
        return FAULTS[int(unit(self.seed, path, text, nth, "which") * len(FAULTS))]

    def reply(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        if self.answer is not None and (given := self.answer(path, body)) is not None:
            return given
        if path == "/v1/models" and self.lists:
            return 200, {}, {"data": [{"id": "fake"}]}
        if path == "/tokenize" and self.token_ids:
            return 200, {}, {"tokens": [ord(char) + 1000 * (i and body["prompt"][0] == " ") for i, char in _ids(body)]}
        if path == "/v1/chat/completions" and self.chat:
            return self.chosen(body, body["messages"])
        if path == "/v1/completions" and self.completions:
            if body.get("echo") or "prompt_logprobs" in body:
                return self.scored(body)
            return self.chosen(body, [{"role": "user", "content": body["prompt"]}])
        return 404, {}, {"detail": "Not Found"}

    def chosen(self, body: dict[str, Any], messages: list[dict[str, str]]) -> tuple[int, dict[str, str], Any]:
        if "seed" in body and not self.seeds:
            return refusal("Unrecognized request argument supplied: seed")
        shown = SHOWN.findall(messages[-1]["content"])
        logprobs = self.letters(messages, [text for _, text in shown]) if shown else []
        tokens = distribution({letter: lp for (letter, _), lp in zip(shown, logprobs, strict=True)})
        is_chat = "messages" in body
        k = (body.get("top_logprobs") if is_chat else body.get("logprobs")) or 0
        if k > self.max_top:
            return refusal(f"top_logprobs must be at most {self.max_top}" if is_chat else "logprobs: at most 5")
        ranked = sorted(tokens.items(), key=lambda pair: -pair[1])
        text = ranked[0][0]
        if body.get("temperature"):
            at, weights = unit("draw", body.get("seed"), messages), np.cumsum([math.exp(lp) for _, lp in ranked])
            text = ranked[min(int(np.searchsorted(weights, at)), len(ranked) - 1)][0]
        top = ranked[:k]
        if self.token_ids and "logprob_token_ids" in body:
            wanted = {("" if number < 1000 else " ") + chr(number % 1000) for number in body["logprob_token_ids"]}
            top = [(token, tokens.get(token, -30.0)) for token in sorted(wanted | {text})]
        found: Any = None
        if self.logprobs and k and is_chat:
            entries = [{"token": token, "logprob": lp} for token, lp in top]
            found = {"content": [{"token": text, "logprob": tokens[text], "top_logprobs": entries}]}
        elif self.logprobs and k:
            found = {"tokens": [text], "token_logprobs": [tokens[text]], "top_logprobs": [dict(top)]}
        choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "logprobs": found}
        if self.thinks:
            found, choice["logprobs"] = None, None
            written = "" if body.get("max_tokens", 0) < 100 else text
            choice["message"] = {"role": "assistant", "content": written, "reasoning_content": "Let me see."}
        elif is_chat:
            choice["message"] = {"role": "assistant", "content": text}
        else:
            choice["text"] = text
        n_in = sum(len(message["content"]) // 4 + 4 for message in messages)
        return 200, {}, {"choices": [choice], "usage": usage(n_in, 1)}

    def scored(self, body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        if not (self.echo if body.get("echo") else self.prompt_logprobs):
            return refusal("echo is not supported")
        tokens = re.findall(r" ?[^ ]+", body["prompt"])
        logprobs: list[Any] = [None, *(-5 * unit(*tokens[: i + 1]) for i in range(1, len(tokens)))]
        choice: dict[str, Any] = {"text": body["prompt"]}
        if body.get("echo"):
            offsets = [sum(map(len, tokens[:i])) for i in range(len(tokens))]
            choice["logprobs"] = {"tokens": tokens, "token_logprobs": logprobs, "text_offset": offsets}
        else:
            places = zip(tokens[1:], logprobs[1:], strict=True)
            choice["prompt_logprobs"] = [None, *({"7": {"logprob": lp, "decoded_token": t}} for t, lp in places)]
        return 200, {}, {"choices": [choice], "usage": usage(len(tokens), 0)}


def distribution(letters: Mapping[str, float]) -> dict[str, float]:
    """Log-probabilities of tokens: a letter comes with and without a space, what is left goes to other words."""
    tokens = {}
    for letter, logprob in letters.items():
        tokens |= {letter: logprob + math.log(0.8), f" {letter}": logprob + math.log(0.2)}
    rest = max(1 - sum(math.exp(lp) for lp in tokens.values()), 1e-9)
    shares = np.array([0.8**i for i in range(len(FILLERS))])
    return tokens | dict(zip(FILLERS, np.log(rest * shares / shares.sum()).tolist(), strict=True))


def usage(n_in: int, n_out: int) -> dict[str, int]:
    return {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out}


def refusal(message: str, status: int = 400) -> tuple[int, dict[str, str], Any]:
    return status, {}, {"error": {"message": message}}


def _ids(body: Mapping[str, Any]) -> list[tuple[int, str]]:
    text = body["prompt"]
    return [(1, text[1:])] if text.startswith(" ") and len(text) == 2 else [(0, char) for char in text]


class _Quiet(ThreadingHTTPServer):
    daemon_threads, block_on_close, request_queue_size = True, False, 128

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    fake: FakeServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.serve("")

    def do_POST(self) -> None:
        self.serve(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def serve(self, text: str) -> None:
        fake = self.fake
        with fake.guard:
            fake.running += 1
            running = fake.running
            fake.running_at.append(running)
            fake.requests.append((self.path, dict(self.headers), json.loads(text) if text else {}))
        try:
            time.sleep(fake.delay)
            if running > fake.room:
                self.send({"error": "too many"}, 429)
            else:
                self.respond(text, fake.fault_of(self.path, text) if fake.fault_share else "")
        finally:
            with fake.guard:
                fake.running -= 1

    def respond(self, text: str, fault: str) -> None:
        self.fake.faults[fault] += 1
        if fault == "429 s":
            self.send({"error": "slow down"}, 429, {"Retry-After": "2"})
        elif fault == "429 date":
            self.send(
                {"error": "slow down"}, 429, {"Retry-After": email.utils.formatdate(time.time() + 3, usegmt=True)}
            )
        elif fault.isdigit():
            self.send("<html>bad gateway</html>", int(fault))
        elif fault == "reset":
            # closing with linger 0 sends a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault == "hang":
            self.fake.closing.wait(5)
            self.close_connection = True
        elif fault == "no json":
            self.send('{"choices": [', 200)
        elif fault == "truncated":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"choices": []')
            self.close_connection = True
        else:
            status, headers, body = self.fake.reply(self.path, json.loads(text) if text else {})
            self.send(body, status, headers)

    def send(self, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
