"""Agents whose utilities are known, to see whether what is recovered is what was there.

An agent knows the worth u of texts. Shown two of them it prefers the first with probability

    P = Φ((u_a − u_b) / √(σ_a² + σ_b²)),

Thurstone's law, to whose log-odds a liking for the first place and what is peculiar to the pair are added. A lottery is
worth Σ w(p) u, with w(p) = p for an agent of expected utility; money that comes later is discounted; being made to
prefer the worse of two things is worth what `stubborn` says. An agent that knows no text, or has no utilities, answers
by place, or tosses coins. Every answer is a function of the seed and of the question, its order and its sample.
"""

from __future__ import annotations

import copy
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.question import UNTREATED, Ask, Condition, Prompt, Reply
from weigh.core.stats import rng

# Instruments stand above testbeds, so the words by which their texts are known are copied from weigh.measure.
LOTTERY = re.compile(r"With a chance of (\d+) %: (.*?)(?= With a chance of |$)")
MONEY = re.compile(r"You receive ([\d,]+) dollars (?:now|in (\d+) months?)\.")
REVERSAL = re.compile(r"Between “(.*?)” and “(.*?)”, you prefer “(.*?)”\.")
GOOD_STARTS = ("Good news:", "I hope that", "The world became a better place:", "People are glad")
BAD_STARTS = ("Bad news:", "I fear that", "The world became a worse place:", "People are sad")
GOOD_WORDS, BAD_WORDS = ("good", "great", "wonderful", "better"), ("bad", "terrible", "awful", "worse")
VERDICT = re.compile(r"(?:.* )?(?P<text>.+?) (?:This is|The world is now)", re.DOTALL)

LIKELY = -20.0  # log-probability of an ordinary text
FARTHEST = 30.0  # log-odds of a certainty


class UtilityAgent:
    """An agent with known utilities that chooses and writes.

    Parameters
    ----------
    utility : mapping of str to float
        What each text is worth; texts that are not there are worth 0 for all.
    noise : float
        σ of every text, in units of utility; infinite for coin tosses.
    position : float
        Liking for the first place shown, in logits.
    peculiar : float
        SD of what is peculiar to a pair, in logits; the same in both orders, so that no utilities explain it.
    graded : bool
        Whether it gives its log-odds; else it tosses a coin that falls so, anew for each sample.
    weighting : float
        γ of w(p) = p^γ / Σ p^γ over a lottery's outcomes; 1 for expected utility.
    discount : float
        Per month, of money that comes later.
    curve : {"hyperbolic", "exponential"}
        D(t) = 1 / (1 + kt) or e^(−kt).
    money : float
        What a log unit of money is worth.
    stubborn : float
        How much a reversed preference is worse for each unit of utility that it denies.
    topics : mapping of str to mapping of str to float
        Other worths of texts, for questions whose id begins with a topic and a colon.
    answers : mapping of str to sequence of str
        Answers among which an open question, by its text, is answered with the best.
    seed : int
        Of all that is drawn.

    Raises
    ------
    InputError
        Noise that is not above 0, or utilities that are not finite.
    """

    seeded, name = False, "utility agent"

    def __init__(
        self,
        utility: Mapping[str, float],
        *,
        noise: float = 0.5,
        position: float = 0.0,
        peculiar: float = 0.0,
        graded: bool = True,
        weighting: float = 1.0,
        discount: float = 0.05,
        curve: Literal["hyperbolic", "exponential"] = "hyperbolic",
        money: float = 1.0,
        stubborn: float = 0.0,
        topics: Mapping[str, Mapping[str, float]] | None = None,
        answers: Mapping[str, Sequence[str]] | None = None,
        seed: int = 0,
    ) -> None:
        if not noise > 0 or not all(math.isfinite(worth) for worth in utility.values()):
            raise InputError(f"an agent needs noise above 0 and finite utilities; got noise={noise!r}")
        self.utility, self.noise, self.position, self.peculiar = dict(utility), noise, position, peculiar
        self.graded, self.weighting, self.discount, self.curve = graded, weighting, discount, curve
        self.money, self.stubborn, self.seed = money, stubborn, seed
        self.topics, self.answers = dict(topics or {}), dict(answers or {})
        self.condition: Condition = UNTREATED
        self.fingerprint = hashlib.sha256(repr(sorted(self._facts().items())).encode()).hexdigest()

    def exact_value(self, texts: Sequence[str] | None = None) -> dict[str, float]:
        """The utilities of texts, all it knows by default, brought to mean 0 and SD 1 (n − 1)."""
        chosen = list(self.utility if texts is None else texts)
        worth = np.array([self.worth(text) for text in chosen])
        spread = worth.std(ddof=1) if len(worth) > 1 else 0.0
        return dict(zip(chosen, ((worth - worth.mean()) / (spread or 1.0)).tolist(), strict=True))

    def worth(self, text: str, topic: str = "") -> float:
        """What a text is worth to it, lotteries, delayed money and reversals among them."""
        known = self.topics.get(topic, self.utility)
        if text in known:
            return float(known[text])
        if parts := LOTTERY.findall(text):
            share = np.array([float(p) / 100 for p, _ in parts]) ** self.weighting
            return float(share / share.sum() @ np.array([self.worth(part, topic) for _, part in parts]))
        if found := MONEY.fullmatch(text):
            amount, months = float(found[1].replace(",", "")), float(found[2] or 0)
            factor = 1 / (1 + self.discount * months)
            factor = factor if self.curve == "hyperbolic" else math.exp(-self.discount * months)
            return self.money * math.log(amount * factor)
        if found := REVERSAL.fullmatch(text):
            other = found[1] if found[2] == found[3] else found[2]
            return -self.stubborn * (self.worth(other, topic) - self.worth(found[3], topic))
        return 0.0

    def under(self, condition: Condition) -> Self:
        """The same agent under a treatment, which does not move it."""
        treated = copy.copy(self)
        treated.condition = self.condition.and_then(condition)
        return treated

    def describe(self) -> Mapping[str, Any]:
        """What was planted."""
        return {
            "name": self.name, "kind": "utility agent", "fingerprint": self.fingerprint,
            "condition": self.condition.name,
        }  # fmt: skip

    def render(self, asks: Sequence[Ask]) -> list[list[Prompt]]:
        """No prompts: the ask says it all."""
        return [[] for _ in asks]

    def choose(self, asks: Sequence[Ask]) -> list[Reply]:
        """One reply an ask: its log-odds, or a choice tossed by them."""
        return [self._reply(ask) for ask in asks]

    def write(
        self, prompts: Sequence[Prompt], *, max_tokens: int = 256, temperature: float = 0.0, seed: int = 0
    ) -> list[str]:
        """The best answer to each open question that it knows, by utility; empty for others."""
        found = []
        for prompt in prompts:
            text = prompt.messages[-1].text if prompt.messages else prompt.text
            listed = next((answers for question, answers in self.answers.items() if question in text), ())
            found.append(max(listed, key=self.worth) if listed else "")
        return found

    def _facts(self) -> dict[str, Any]:
        names = (
            "utility", "noise", "position", "peculiar", "graded", "weighting", "discount", "curve", "money", "stubborn",
            "topics", "answers", "seed",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def _reply(self, ask: Ask) -> Reply:
        from scipy.special import log_ndtr

        texts, order = ask.question.options, ask.order
        topic = ask.question.id.split(":")[0] if ":" in ask.question.id else ""
        worths = [self.worth(text, topic) for text in texts]
        logits = np.zeros(len(texts))
        for i in range(1, len(texts)):
            z = (worths[i] - worths[0]) / (math.sqrt(2) * self.noise)
            logits[i] = np.clip(log_ndtr(z) - log_ndtr(-z), -FARTHEST, FARTHEST)
        if self.peculiar:
            logits[0] += self.peculiar * rng(self.seed, "pair", *texts).standard_normal()
        if order:
            logits[order[0]] += self.position
        if self.graded:
            return Reply.from_scores(logits.tolist())
        p = np.exp(logits - logits.max())
        draw = rng(self.seed, "toss", ask.question.id, ask.condition.name, *map(str, order), ask.sample)
        return Reply(choice=int(draw.choice(len(texts), p=p / p.sum())))


class ScoringUtilityAgent(UtilityAgent):
    """An agent with known utilities that also scores text, with its own fluency; parameters as in `UtilityAgent`."""

    def logprobs(self, prompts: Sequence[Prompt]) -> list[NDArray[np.float64]]:
        """Log-probability of each continuation, for the prompts of opposite frames."""
        return [self._logprobs(prompt) for prompt in prompts]

    def _logprobs(self, prompt: Prompt) -> NDArray[np.float64]:
        words = [continuation.strip() for continuation in prompt.continuations]
        verdict = VERDICT.fullmatch(prompt.text)
        if verdict and set(words) <= {*GOOD_WORDS, *BAD_WORDS}:
            worth = self._framed(verdict["text"], words[0])
            return np.array([-3.0 + (worth if word in GOOD_WORDS else -worth) / 2 for word in words])
        sign = 1.0 if any(start in prompt.text for start in GOOD_STARTS) else 0.0
        sign -= 1.0 if any(start in prompt.text for start in BAD_STARTS) else 0.0
        fluency = [LIKELY + float(rng(self.seed, "fluency", text).standard_normal()) for text in words]
        frame = next((i for pair in (GOOD_STARTS, BAD_STARTS) for i, s in enumerate(pair) if s in prompt.text), -1)
        return np.array(fluency) + sign * np.array([self._framed(text, str(frame)) for text in words]) / 2

    def _framed(self, text: str, frame: str) -> float:
        """What the text is worth in one frame: its utility and what is peculiar to both."""
        found = self._found(text)
        peculiar = float(rng(self.seed, "frame", found, frame).standard_normal())
        return peculiar if math.isinf(self.noise) else self.worth(found) + self.noise * peculiar

    def _found(self, text: str) -> str:
        """What of a text has a worth: all of it, a lottery in it, or an outcome at its end, after a condition."""
        if text in self.utility:
            return text
        if lottery := LOTTERY.search(text):
            return text[lottery.start() :]
        return next((known for known in self.utility if text.endswith(known)), text)
