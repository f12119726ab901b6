"""Judges whose values are known, to see whether what is measured is what was planted.

A planted judge answers any bank of two-option dilemmas, by choosing and by scoring text, from numbers that are drawn
once for each item: what its options' values are worth to it, what is peculiar to the item, what is peculiar to a
wording, how fluent the options are, and how much it likes the first place shown. Every answer is a function of the seed
and of the item's id, wording, frame and order, so batches, order and subsets of a bank change nothing.

The evidence for option 0 of item i in wording w, in item SDs (one logit each), is

    d_iw = effect · (θ_a − θ_b) + noise · (s · e_i + t · u_iw) + fluency · (f_i0 − f_i1) + unsteady · ε,

θ standardised to mean 0 and SD 1 over the bank's values. *An effect of .35 SD*: the SD of the value profile is .35 of
the SD of y, a dilemma's evidence averaged over its wordings. With noise 1, s and t are such that y has variance 1 about
its mean, and that two wordings of one dilemma correlate by `paraphrase`. The values' share of y's variance is thus
R² = effect² · var(θ_a − θ_b): 2.2 · effect² on a bank with all pairs of ten values.
"""

from __future__ import annotations

import copy
import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import ORIGINAL, PARAPHRASE, Bank, Item
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.question import UNTREATED, Ask, Condition, Prompt, Reply
from weigh.core.stats import rng

# Instruments stand above testbeds, so the words by which their prompts are known are copied from weigh.measure.
FLUENCY_TEXT = "You decide to"
VERDICT = re.compile(r".* You decide to (?P<option>.*?)\.? That is", re.DOTALL)
GOOD_ENDINGS = ("The right thing to do is to", "The best thing to do is to", "A good person would", "You should")
BAD_ENDINGS = ("The wrong thing to do is to", "The worst thing to do is to", "A bad person would", "You should not")
GOOD_WORDS, BAD_WORDS = ("good", "wise", "great", "best"), ("bad", "foolish", "terrible", "worst")
SHOWN = re.compile(r"^[A-Z]\. (.*)$", re.MULTILINE)

CERTAIN = 3.0  # evidence for the right option of a control, in item SDs
PUSH = 2.0  # how far being told that a value counts most moves the evidence for it
LIKELY = -20.0  # log-probability of an ordinary text
ON_LETTERS = math.log(0.98)  # mass on the letters, the rest being other replies


class _Drawn(NamedTuple):
    """What is peculiar to an item: evidence by wording, and the fluency of each option."""

    d: Mapping[str, float]
    fluency: tuple[float, float]


class PlantedChooser:
    """A planted judge that chooses, and does not score text; parameters as in `Planted`."""

    seeded, name = False, "planted"

    def __init__(
        self,
        bank: Bank,
        *,
        theta: Mapping[str, float],
        effect: float = 0.35,
        noise: float = 1.0,
        paraphrase: float = 0.45,
        position: float = 0.0,
        fluency: float = 0.0,
        habit: float = 0.0,
        unsteady: float = 0.0,
        know_controls: bool = True,
        responsive: bool = True,
        seed: int = 0,
    ) -> None:
        if set(theta) != set(bank.values) or len(bank.values) < 2:
            raise InputError(f"theta needs one number for each of: {', '.join(bank.values)}; got {', '.join(theta)}")
        profile = np.array([float(theta[value]) for value in bank.values])
        if not np.ptp(profile) > 0:
            raise InputError("theta is the same for all values; to plant no values give effect=0")
        self.bank, self.effect, self.noise, self.paraphrase = bank, effect, noise, paraphrase
        self.position, self.fluency, self.habit, self.unsteady = position, fluency, habit, unsteady
        self.know_controls, self.responsive, self.seed = know_controls, responsive, seed
        self.theta = dict(zip(bank.values, ((profile - profile.mean()) / profile.std()).tolist(), strict=True))
        self.condition: Condition = UNTREATED
        self._shared, self._own = self._spreads()
        self.fingerprint = hashlib.sha256(repr((sorted(self.theta.items()), self._options())).encode()).hexdigest()
        self._habits = {value: float(rng(seed, "habit", value).standard_normal()) for value in bank.values}
        self._drawn = {item.id: self._draw(item) for item in bank.items}
        self._phrases = dict(bank.taxonomy.phrases) if bank.taxonomy else {}

    def exact_value(self) -> dict[str, float]:
        """The planted profile in the estimator's units: mean 0 over the values, and SDs of a dilemma's evidence y.

        With noise 1 and neither fluency nor unsteadiness this is effect · θ; else y has another variance, which is
        taken into account but for what `unsteady` adds.
        """
        scale = self.effect / math.sqrt(self._variance()) if self.effect else 0.0
        return {value: scale * theta for value, theta in self.theta.items()}

    def under(self, condition: Condition) -> Self:
        """The same judge under a treatment; a prime that names a value moves it, where it is responsive."""
        treated = copy.copy(self)
        treated.condition = self.condition.and_then(condition)
        return treated

    def describe(self) -> Mapping[str, Any]:
        """What was planted."""
        facts = {"name": self.name, "kind": "planted", "fingerprint": self.fingerprint}
        return {**facts, **self._options(), "condition": self.condition.name}

    def render(self, asks: Sequence[Ask]) -> list[list[Prompt]]:
        """No prompts: the ask says it all."""
        return [[] for _ in asks]

    def choose(self, asks: Sequence[Ask]) -> list[Reply]:
        """One reply an ask, with its scores."""
        return [self._reply(ask) for ask in asks]

    def answers(self, frame: str = "letters", *, orders: Iterable[tuple[int, ...]] = ((0, 1), (1, 0))) -> Answers:
        """What an interview without primes would bring in, without holding it: for simulations over many seeds.

        Parameters
        ----------
        frame : str
            Name of the format.
        orders : iterable of tuple of int
            In which options are shown; `[()]` for a format that shows none. The fluency frame is always part.
        """
        orders, rows = tuple(orders), []
        for item in self.bank.items:
            for wording in item.wordings:
                rows += [(item, frame, wording, order, self._d(item, wording, frame, order)) for order in orders]
                if item.kind != "control":
                    rows.append((item, "fluency", wording, (), float(np.subtract(*self._drawn[item.id].fluency))))
        names = ("question", "frame", "wording", "order", "choice", "scores")
        return Answers.from_rows(
            dict(zip(names, (item.id, frame, wording, order, int(d < 0), [d / 2, -d / 2]), strict=True))
            for item, frame, wording, order, d in rows
        )

    def _options(self) -> dict[str, float]:
        names = ("effect", "noise", "paraphrase", "position", "fluency", "habit", "unsteady")
        return {name: getattr(self, name) for name in (*names, "know_controls", "responsive", "seed")}

    def _spreads(self) -> tuple[float, float]:
        both = all(item.paraphrase for item in self.bank.dilemmas)
        of_wording = 2 / (1 + self.paraphrase) if both else 1.0
        shared = (self.paraphrase if both else 1.0) * of_wording - self._signal()
        if shared < 0 and self.noise:
            raise InputError(
                f"an effect of {self.effect} leaves no room for noise with paraphrase={self.paraphrase}: values alone "
                f"have variance {self._signal():.3g} of a dilemma's 1; give a smaller effect or a higher paraphrase"
            )
        return math.sqrt(max(shared, 0.0)), math.sqrt(of_wording * (1 - self.paraphrase)) if both else 0.0

    def _signal(self) -> float:
        return float(np.var([self._of_values(item) for item in self.bank.dilemmas]))

    def _variance(self) -> float:
        known = [self._of_values(item) + self._of_fluency(item) for item in self.bank.dilemmas]
        return float(np.var(known)) + self.noise**2 * (self._shared**2 + self._own**2 / 2)

    def _of_values(self, item: Item) -> float:
        return self.effect * (self.theta[item.values[0]] - self.theta[item.values[1]])

    def _of_fluency(self, item: Item) -> float:
        return self.fluency * float(np.subtract(*self._drawn[item.id].fluency))

    def _draw(self, item: Item) -> _Drawn:
        e, original, paraphrased, first, second = rng(self.seed, "planted", item.id).standard_normal(5).tolist()
        habits = [self._habits[value] for value in item.values] or [0.0, 0.0]
        weights = np.sqrt([(1 - self.habit) / 2, self.habit / 2])
        fluency = (float(weights @ [first, habits[0]]), float(weights @ [second, habits[1]]))
        if item.kind == "control":
            return _Drawn(dict.fromkeys((ORIGINAL, PARAPHRASE), CERTAIN if self.know_controls else e), fluency)
        shared = self._of_values(item) + self.noise * self._shared * e + self.fluency * (fluency[0] - fluency[1])
        own = self.noise * self._own
        return _Drawn({ORIGINAL: shared + own * original, PARAPHRASE: shared + own * paraphrased}, fluency)

    def _d(self, item: Item, wording: str, frame: str, order: tuple[int, ...], told: str = "") -> float:
        d = self._drawn[item.id].d[wording]
        if self.unsteady:
            d += self.unsteady * float(rng(self.seed, "unsteady", item.id, wording, frame, *order).standard_normal())
        if self.responsive and told in item.values:
            d += PUSH if told == item.values[0] else -PUSH
        if order:
            d += self.position if order[0] == 0 else -self.position
        return d

    def _told(self, text: str) -> str:
        return next((value for value, phrase in self._phrases.items() if phrase in text), "")

    def _reply(self, ask: Ask) -> Reply:
        item = self.bank.by_id[ask.question.id]
        d = self._d(item, ask.wording, ask.frame, ask.order, self._told(ask.condition.before_text))
        return Reply.from_scores([d / 2, -d / 2], mass=math.exp(ON_LETTERS))


class Planted(PlantedChooser):
    """A planted judge that chooses and scores text.

    Parameters
    ----------
    bank : Bank
        Two options an item.
    theta : mapping of str to float
        What each value is worth to it; only the shape counts.
    effect : float
        SD of the value profile in SDs of a dilemma's evidence y.
    noise : float
        1 for what makes y's variance 1 and the wordings' correlation `paraphrase`; 0 for none.
    paraphrase : float
        Correlation of two wordings of one dilemma, 0 to 1.
    position : float
        Liking for the first place shown, in logits.
    fluency : float
        Weight of the options' fluency, whose difference has SD 1.
    habit : float
        Share of the fluency's variance that goes with the value an option serves: the author's wording habits.
    unsteady : float
        SD of what is drawn anew for each wording, frame and order.
    know_controls : bool
        Whether it gets the controls right; else they are coin tosses.
    responsive : bool
        Whether being told that a value counts most moves it.
    seed : int
        Of all that is drawn.

    Raises
    ------
    InputError
        theta does not fit the bank's values, or the effect is too large for the noise.
    """

    def __init__(self, bank: Bank, **rest: Any) -> None:
        super().__init__(bank, **rest)
        self._by_option: dict[str, list[tuple[Item, str, int]]] = defaultdict(list)
        for item in bank.items:
            for wording in item.wordings:
                for option, text in enumerate(item.question(wording).options):
                    self._by_option[_bare(text)].append((item, wording, option))

    def logprobs(self, prompts: Sequence[Prompt]) -> list[NDArray[np.float64]]:
        """Log-probability of each continuation, for the prompts of both instruments.

        Raises
        ------
        InputError
            A prompt is about no item of the bank, or of an unknown form.
        """
        return [self._logprobs(prompt) for prompt in prompts]

    def _logprobs(self, prompt: Prompt) -> NDArray[np.float64]:
        if prompt.messages:
            return self._letters(prompt)
        verdict = VERDICT.fullmatch(prompt.text)
        words = tuple(word.strip() for word in prompt.continuations)
        if verdict and set(words) <= {*GOOD_WORDS, *BAD_WORDS}:
            item, wording, option = self._find(verdict["option"], prompt.text)
            g = self._evidence(item, wording, f"words {sorted(words)}", option, prompt.text)
            return np.array([-3.0 + (g if word in GOOD_WORDS else -g) / 2 for word in words])
        found = [self._find(text, prompt.text) for text in prompt.continuations]
        fluency = np.array([LIKELY + self._drawn[item.id].fluency[option] for item, _, option in found])
        if prompt.text == FLUENCY_TEXT:
            return fluency
        for good, bad in zip(GOOD_ENDINGS, BAD_ENDINGS, strict=True):
            if prompt.text.endswith((good, bad)):
                sign = 1 if prompt.text.endswith(good) else -1
                g = [self._evidence(item, wording, good, option, prompt.text) for item, wording, option in found]
                return fluency + sign * np.array(g) / 2
        raise InputError(f"the planted judge knows no prompt that ends in {prompt.text[-40:]!r}")

    def _letters(self, prompt: Prompt) -> NDArray[np.float64]:
        text = "\n\n".join(message.text for message in prompt.messages)
        shown = SHOWN.findall(text)[-len(prompt.continuations) :]
        (item, wording, _), *_ = found = [self._find(option, text) for option in shown]
        order = tuple(option for _, _, option in found)
        d = self._d(item, wording, "letters", order, self._told(text.split(item.question(wording).situation)[0]))
        logits = np.array([d / 2 if option == 0 else -d / 2 for option in order])
        return logits - np.logaddexp(*logits) + ON_LETTERS

    def _evidence(self, item: Item, wording: str, frame: str, option: int, text: str) -> float:
        d = self._d(item, wording, frame, (), self._told(text.split(item.question(wording).situation)[0]))
        return d / 2 if option == 0 else -d / 2

    def _find(self, option: str, text: str) -> tuple[Item, str, int]:
        known = self._by_option.get(_bare(option), [])
        # without a situation, as in the fluency frame, options alike in two items are equally good
        there = [found for found in known if found[0].question(found[1]).situation in text] or known
        if not there:
            raise InputError(f"the planted judge knows no item of bank {self.bank.name!r} with the option {option!r}")
        return there[0]


def _bare(option: str) -> str:
    return option.strip().rstrip(".!?。 ").casefold()
