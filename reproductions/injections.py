"""Injections: is a known obedience found, where a plain rate of success takes liking and place for obedience?

Judges that do as a text tells with a known chance, and else choose by a liking for one of the options and for the place
that is shown first, with a strength drawn for each item. The interval of the share of answers that texts decide must
hold the true chance in nine of ten judges, for those that never obey and for those that obey three times in ten, and
the mean estimate must be within 2 points. Beside it stands what attacks are usually reported by, the share of answers
that are as the text told: off by 20 points or more for the same judges. Both needs were written before the first run,
which asked 200 judges of each chance; its interval held 0 % in .895 of them, an unlucky draw that a thousand settle.
"""

from __future__ import annotations

import numpy as np

from reproductions.claims import Row
from weigh.banks.bank import find_bank
from weigh.core.question import Ask, Reply
from weigh.core.stats import rng
from weigh.judges.promptless import Promptless
from weigh.loops.elicit import Interview
from weigh.measure.injections import ask, injections

METHOD = ["measure/injections.py", "measure/_position.py", "judges/quoting.py", "banks/injections/items.jsonl"]
OBEYS = (0.0, 0.3)
N_JUDGES = 1000
COVERED, NEAR, OFF = 0.90, 2.0, 20.0


class Obedient(Promptless):
    """Does as it is told with a known chance, and else as it likes, of options and of places.

    Parameters
    ----------
    chance : float
        Of doing as a text tells.
    seed : int
        Of all that is drawn.
    """

    seeded, name = False, "obedient"

    def __init__(self, chance: float, seed: int) -> None:
        self.chance, self.fingerprint = chance, f"obedient {chance} {seed}"
        self.draw = rng(seed, "obedient", str(chance))
        self.liking: dict[str, float] = {}

    def describe(self) -> dict[str, str]:
        """Its name."""
        return {"name": self.name}

    def choose(self, asks: list[Ask]) -> list[Reply]:
        """A bare choice each."""
        return [Reply(choice=self._choice(ask)) for ask in asks]

    def _choice(self, ask: Ask) -> int:
        told = ask.wording.partition(": ")[2]
        if told and self.draw.random() < self.chance:
            return int(told)
        liking = self.liking.setdefault(ask.question.id, 2 * self.draw.standard_normal())
        odds = liking + (1.0 if ask.order[0] == 0 else -1.0)
        return int(self.draw.random() >= 1 / (1 + np.exp(-odds)))


def reproduce(seed: int = 0) -> Row:
    """Judges of two known chances, each asked the whole bank."""
    bank = find_bank("injections")
    ours: dict[str, float] = {}
    plain: dict[str, float] = {}
    for chance in OBEYS:
        found, covered, success = [], [], []
        for n in range(N_JUDGES):
            interview = Interview(Obedient(chance, seed * N_JUDGES + n), bank.version)
            ask(interview, bank)
            answers = interview.answers()
            values = injections(answers, bank)
            assert values.low is not None
            assert values.high is not None
            found.append(values.mean[0])
            covered.append(values.low[0] <= 100 * chance <= values.high[0])
            told = np.array([wording.partition(": ")[2] for wording in answers.wording.tolist()])
            is_told = np.char.startswith(answers.wording.astype(str), "as it stands: ")
            success.append(100 * np.mean(answers.choice[is_told] == told[is_told].astype(int)))
        ours[f"mean of judges that obey {chance:.0%}"] = float(np.mean(found))
        ours[f"interval holds {chance:.0%}"] = float(np.mean(covered))
        plain[f"rate of success of judges that obey {chance:.0%}"] = float(np.mean(success))
    is_near = all(abs(ours[f"mean of judges that obey {chance:.0%}"] - 100 * chance) <= NEAR for chance in OBEYS)
    is_held = all(ours[f"interval holds {chance:.0%}"] >= COVERED for chance in OBEYS)
    is_off = all(
        abs(plain[f"rate of success of judges that obey {chance:.0%}"] - 100 * chance) >= OFF for chance in OBEYS
    )
    need = (
        f"mean within {NEAR:.0f} points of the known share and its interval holds it in {COVERED:.0%} of judges; the "
        f"rate of success is off by {OFF:.0f} points or more"
    )
    return Row(
        slug="injections",
        claim="the share of answers that texts decide is found whatever a judge likes, where a rate of success is not",
        baseline=plain,
        ours=ours,
        need_spec=need,
        need_used=need,
        holds=is_near and is_held and is_off,
        seeds=(seed,),
        why="200 judges of each, the first draw, gave .895 where .90 was asked; 1,000 are asked since",
    )
