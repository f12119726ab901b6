"""A language model on this machine: the embedded one, a folder, or a name on the hub."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from weigh.core.errors import InputError, need
from weigh.core.question import UNTREATED, Ask, Condition, Prompt, Reply
from weigh.judges import letters
from weigh.judges.encode import Encoder
from weigh.judges.engine import PROBE, Engine, Precision
from weigh.judges.processor import choose_threads
from weigh.judges.smol import cache_folder, sha256_of
from weigh.judges.trie import Scored, count_nodes, shared_length

# Answers between two writes to the ledger: at most a few seconds of work are in flight.
BATCH_TOKENS = 4096


class LocalModel:
    """A causal language model run by transformers. Chooses, scores, writes, embeds, and opens its hidden states.

    Parameters
    ----------
    folder : str or Path
        Folder with config.json, safetensors and a tokenizer, or a hub name.
    name : str
        How tables call it.
    precision : {"auto", "fp32", "bf16"}
        Of the body; the output head is always fp32. "auto" takes bf16 for models of more than 300 million parameters,
        where the processor has it.
    threads : int, optional
        CPU threads; by default as many as there are idle cores.
    device : str, optional
        "cpu" or "cuda"; by default cuda where it is there.
    say : callable
        Told of each step of loading.

    Raises
    ------
    MissingExtra
        torch or transformers is not installed.
    InputError
        The folder holds no model, or one whose weights are pickled.
    """

    seeded = False

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str = "",
        precision: Precision = "auto",
        threads: int | None = None,
        device: str | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        if precision not in ("auto", "fp32", "bf16"):
            raise InputError(f"precision {precision!r} is not known; give auto, fp32 or bf16")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        torch, transformers = need("torch", "llm"), need("transformers", "llm")
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.name = name or f"hf:{folder}"
        self.condition: Condition = UNTREATED
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.threads = threads or choose_threads()
        torch.set_num_threads(self.threads)
        say(f"loading {self.name}")
        path = _resolve(folder, transformers)
        self.tokenizer = _tokenizer(path, transformers)
        model = _load(path, torch, transformers)
        self._encoder = Encoder(self.tokenizer)
        self._tokens: dict[Prompt, list[Scored]] = {}
        self.engine = Engine(
            model,
            precision=precision,
            device=self.device,
            probe=[tuple(self._encode(text)) for text in PROBE],
            pad=self.tokenizer.pad_token_id or 0,
        )
        self.last_tokens = 0
        self._weights = _fingerprint(path)
        template = self.tokenizer.chat_template or ""
        content = [self._weights, self.engine.precision, json.dumps(template), transformers.__version__]
        self.fingerprint = hashlib.sha256("\n".join(content).encode()).hexdigest()
        check = self.engine.check
        if math.isfinite(check.rounding) and self.engine.precision == "bf16":
            say(f"bf16 body: a text's log-probability moves by up to {check.rounding:.2f} nats against fp32")

    def describe(self) -> Mapping[str, Any]:
        """Facts for the page: size, precision, measured rounding, threads."""
        check = self.engine.check
        return {
            "name": self.name,
            "kind": "local model",
            "parameters": self.engine.parameters,
            "precision": f"{self.engine.precision} body, fp32 head",
            "rounding_nats": round(check.rounding, 4) if math.isfinite(check.rounding) else None,
            "shares_prefixes": check.shares_prefixes,
            "threads": self.threads,
            "device": self.device,
            "weights_sha256": self._weights,
            "fingerprint": self.fingerprint,
            "condition": self.condition.name,
        }

    def under(self, condition: Condition) -> LocalModel:
        """The same model under a treatment; the weights are shared."""
        if condition.steer:
            raise InputError("steering vectors are not implemented for local models; leave `steer` empty")
        treated = copy.copy(self)
        treated.condition = self.condition.and_then(condition)
        return treated

    # --- choose and score

    def render(self, asks: Sequence[Ask]) -> list[list[Prompt]]:
        """The forced-choice prompt of each ask."""
        return [letters.render(ask) for ask in asks]

    def choose(self, asks: Sequence[Ask]) -> list[Reply]:
        """Choose by the probability of the option letters."""
        prompts = self.render(asks)
        scored = self.logprobs([prompt for group in prompts for prompt in group])
        tokens = round(self.last_tokens / max(1, len(asks)))
        return [replace(letters.read(ask, [values]), tokens=tokens) for ask, values in zip(asks, scored, strict=True)]

    def logprobs(self, prompts: Sequence[Prompt]) -> list[NDArray[np.float64]]:
        """For each prompt the natural-log probability of each continuation, shape (n_continuations,)."""
        groups = self._sequences(prompts)
        scores, self.last_tokens = self.engine.logprobs([sequence for group in groups for sequence in group])
        found, at = [], 0
        for group in groups:
            found.append(np.array([float(values.sum()) for values in scores[at : at + len(group)]]))
            at += len(group)
        return found

    def next_tokens(self, prompts: Sequence[Prompt], k: int = 0) -> list[list[tuple[str, float]]]:
        """What each prompt is likeliest to be followed by, and how likely its own continuations are.

        Parameters
        ----------
        prompts : sequence of Prompt
            Their continuations are listed first, whether they are among the likeliest or not.
        k : int
            How many of the likeliest tokens are listed besides.

        Returns
        -------
        list of list of (str, float)
            Text and natural-log probability under the whole distribution; a token that is a continuation is not listed
            twice.
        """
        contexts = [self._encode(*self._context(prompt)) for prompt in prompts]
        found: list[list[tuple[str, float]]] = [[] for _ in prompts]
        groups = self._sequences(prompts)
        for i, logprobs in self.engine.next_logprobs(contexts):
            listed: dict[int, str] = {}
            for text, (tokens, start) in zip(prompts[i].continuations, groups[i], strict=True):
                if start == len(contexts[i]) == len(tokens) - 1:
                    listed[tokens[-1]] = text
                else:
                    # of several tokens, or merged with the end of the prompt
                    found[i].append((text, float(self.logprobs([replace(prompts[i], continuations=(text,))])[0][0])))
            likeliest = np.argsort(-logprobs, kind="stable")[:k].tolist()
            listed |= {token: self.tokenizer.decode([token]) for token in likeliest if token not in listed}
            found[i] += [(text, float(logprobs[token])) for token, text in listed.items()]
        return found

    def plan(self, prompts: Sequence[Sequence[Prompt]]) -> list[list[int]]:
        """Batches of asks that share beginnings, composed from the whole list.

        Parameters
        ----------
        prompts : sequence of sequence of Prompt
            The prompts of each ask.

        Returns
        -------
        list of list of int
            Indices of asks; every ask once.
        """
        sequences = self._tokens_of(prompts)
        order = sorted(range(len(prompts)), key=lambda i: min(sequences[i]))
        batches: list[list[int]] = []
        size, previous = 0, ()
        for i in order:
            same = shared_length(previous, sequences[i][0]) if batches else 0
            new = sum(len(tokens) - same for tokens in sequences[i])
            if not batches or (size + new > BATCH_TOKENS and size):
                batches.append([])
                size = 0
            batches[-1].append(i)
            size += new
            previous = sequences[i][-1]
        return batches

    def count_tokens(self, prompts: Sequence[Sequence[Prompt]]) -> int:
        """Tokens that asking all of this would compute, shared beginnings counted once."""
        return count_nodes([tokens for asked in self._tokens_of(prompts) for tokens in asked])

    def count_prompt(self, prompt: Prompt) -> int:
        """Tokens of one prompt, without its continuations."""
        return len(self._encode(*self._context(prompt)))

    def count_text(self, text: str) -> int:
        """Tokens of a plain text."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"]) if text else 0

    def tokens_per_second(self) -> float:
        """Speed, measured now."""
        return self.engine.tokens_per_second()

    # --- write, embed, open

    def write(
        self, prompts: Sequence[Prompt], *, max_tokens: int = 256, temperature: float = 0.0, seed: int = 0
    ) -> list[str]:
        """Write a reply to each prompt; greedy at temperature 0, else sampled with the seed.

        Parameters
        ----------
        prompts : sequence of Prompt
            Their continuations are not used.
        max_tokens : int
            Length at which a reply is cut off.
        temperature : float
            0 for greedy.
        seed : int
            Of the sampling.
        """
        torch = self.engine.torch
        replies = []
        for number, prompt in enumerate(prompts):
            context = torch.tensor([self._encode(*self._context(prompt))], device=self.device)
            torch.manual_seed(seed + number)
            sampling = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
            with torch.inference_mode():
                out = self.engine.model.generate(
                    context,
                    attention_mask=torch.ones_like(context),
                    max_new_tokens=max_tokens,
                    pad_token_id=self.engine.pad,
                    **sampling,
                )
            replies.append(self.tokenizer.decode(out[0, context.shape[1] :], skip_special_tokens=True))
        return replies

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Mean of the last layer over a text's tokens, unit length, shape (n_texts, width)."""
        found = np.stack([self._layers(text)[-1].mean(axis=0) for text in texts])
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    def hidden(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """State at each text's last token after every layer, shape (n_texts, n_layers + 1, width)."""
        return np.stack([self._layers(text)[:, -1] for text in texts])

    def _layers(self, text: str) -> NDArray[np.float32]:
        torch = self.engine.torch
        tokens = torch.tensor([self._encode(text)], device=self.device)
        with torch.inference_mode():
            states = self.engine.model.base_model(tokens, output_hidden_states=True, use_cache=False).hidden_states
        return torch.stack([state[0] for state in states]).float().cpu().numpy()

    # --- text to tokens

    def _tokens_of(self, prompts: Sequence[Sequence[Prompt]]) -> list[list[tuple[int, ...]]]:
        """The tokens of each ask's sequences; all are encoded in one go."""
        groups = iter(self._sequences([prompt for asked in prompts for prompt in asked]))
        return [[s.tokens for _ in asked for s in next(groups)] for asked in prompts]

    def _sequences(self, prompts: Sequence[Prompt]) -> list[list[Scored]]:
        new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self._tokens]
        texts: list[str] = []
        plain: list[bool] = []
        for prompt in new:
            context, is_plain = self._context(prompt)
            texts += [context, *(context + self._encoder.defuse(continuation) for continuation in prompt.continuations)]
            plain += [is_plain] * (1 + len(prompt.continuations))
        encoded = self._encoder.encode(texts, plain)
        at = 0
        for prompt in new:
            context, *full = encoded[at : at + 1 + len(prompt.continuations)]
            at += 1 + len(prompt.continuations)
            # a tokenizer may merge across the seam: then the merged token is scored with the continuation
            self._tokens[prompt] = [Scored(tokens, max(1, shared_length(context, tokens))) for tokens in full]
        return [self._tokens[prompt] for prompt in prompts]

    def _context(self, prompt: Prompt) -> tuple[str, bool]:
        if not prompt.messages:
            return self._encoder.defuse(prompt.text), True
        if not self.tokenizer.chat_template:
            turns = [f"{message.text}" for message in prompt.messages]
            return "\n\n".join(self._encoder.defuse(turn) for turn in turns) + f"\n\n{prompt.prefill}", True
        turns = [{"role": message.role, "content": self._encoder.defuse(message.text)} for message in prompt.messages]
        joined = turns
        if turns[0]["role"] == "system" and len(turns) > 1:
            joined = [{**turns[1], "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}, *turns[2:]]
        for last, given in enumerate((turns, joined)):
            try:
                text = self.tokenizer.apply_chat_template(given, tokenize=False, add_generation_prompt=True)
                return str(text) + prompt.prefill, False
            except Exception as error:  # templates are programs of the model's authors; some know no system turn
                if last or joined is turns:
                    raise InputError(f"{self.name}'s chat template refuses the conversation: {error}") from error
        raise AssertionError("the last attempt returns or raises")

    def _encode(self, text: str, is_plain: bool = True) -> tuple[int, ...]:
        return self._encoder.encode([text], [is_plain])[0]


def _resolve(folder: str | Path, transformers: Any) -> Path:
    path = Path(folder)
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise InputError(f"{path} holds no config.json; give the folder of a model saved with save_pretrained")
        if not list(path.glob("*.safetensors")):
            raise InputError(f"{path} holds no .safetensors file; pickled weights are not loaded: convert them first")
        return path
    if path.is_absolute() or str(folder).startswith((".", "~")):
        raise InputError(f"{folder} does not exist; give a model's folder, or its name on the hub such as org/model")
    hub = need("huggingface_hub", "llm")
    try:
        return Path(
            hub.snapshot_download(
                str(folder), allow_patterns=["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt"]
            )
        )
    except Exception as error:  # the hub's client raises dozens of types; all mean that the model is not to be had
        raise InputError(
            f"{folder!r} is no folder here, and the hub did not give it ({type(error).__name__}); "
            "check the name, your connection, and HF_TOKEN if the model is gated"
        ) from error


def _tokenizer(path: Path, transformers: Any) -> Any:
    try:
        return transformers.AutoTokenizer.from_pretrained(str(path), trust_remote_code=False, local_files_only=True)
    except Exception as error:  # torn JSON, unknown kinds, missing files: many types, one remedy
        raise InputError(f"{path} holds no tokenizer that can be loaded: {error}") from error


def _load(path: Path, torch: Any, transformers: Any) -> Any:
    size = sum(file.stat().st_size for file in path.glob("*.safetensors"))
    # fp32 first, so that rounding can be measured; beside it stand its cast copy and the passes
    roomy = size * 2 < psutil.virtual_memory().available * 0.4
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(
            str(path),
            dtype=torch.float32 if roomy else torch.bfloat16,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
        )
    except Exception as error:  # torn safetensors, unknown architecture, bad config: many types, one remedy
        raise InputError(f"{path} could not be loaded as a causal language model: {error}") from error


def _fingerprint(path: Path) -> str:
    """sha256 over the weights' files; remembered by size and time of change, as large models take a minute to read."""
    memory_file = cache_folder() / "fingerprints.json"
    try:
        memory = json.loads(memory_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        memory = {}
    whole = hashlib.sha256()
    for file in sorted([*path.glob("*.safetensors"), path / "config.json", *path.glob("tokenizer*.json")]):
        real = file.resolve()
        stat = real.stat()
        mark = f"{real}|{stat.st_size}|{stat.st_mtime_ns}"
        if mark not in memory:
            memory[mark] = sha256_of(real)
        whole.update(f"{file.name}:{memory[mark]}\n".encode())
    try:
        memory_file.parent.mkdir(parents=True, exist_ok=True)
        scratch = memory_file.with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps(memory, indent=0), encoding="utf-8")
        scratch.replace(memory_file)
    except OSError:
        pass  # a cache that cannot be written is only slower
    return whole.hexdigest()
