"""What every multiple-choice score needs beside it: does the choice stay the same when options change places?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.finding import Finding
from weigh.core.stats import wilson

SURVIVES = 0.60  #: as the gate's D2: what follows position survives 0–13 % of swaps, what is random half or less

FORMAT = "Choices follow their place: the numbers describe the format, not the one who answers."
CONTENT = "Choices stay the same when the options change places."
UNKNOWN = "Not verified: options were shown in one order, in which a constant answer cannot be told from a preference."


def rotations(n: int) -> list[tuple[int, ...]]:
    """Orders in which each of n options stands once in each place, the canonical order first."""
    return [tuple((start + place) % n for place in range(n)) for start in range(n)]


def position_finding(answers: Answers) -> Finding:
    """Whether a judge's choices survive other orders of the options.

    Parameters
    ----------
    answers : Answers
        Of one judge under one condition; rows with one question, wording, frame and sample differ in order.

    Returns
    -------
    Finding
        Its value is the share of pairs of orders of one question in which the same option is chosen; not checked where
        no question was asked in two orders. Evidence: n_pairs, n_questions, interval, and by_place, the share of
        choices that fell on each place.
    """
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    places: defaultdict[int, int] = defaultdict(int)
    for i in np.flatnonzero(answers.choice >= 0):
        order, choice = answers.order[i], int(answers.choice[i])
        if order:
            groups[answers.question[i], answers.wording[i], answers.frame[i], int(answers.sample[i])].append(choice)
            places[order.index(choice)] += 1
    pairs = [(choices.count(c), len(choices)) for choices in groups.values() if len(choices) > 1 for c in set(choices)]
    same = sum(k * (k - 1) // 2 for k, _ in pairs)
    n_pairs = sum(len(choices) * (len(choices) - 1) // 2 for choices in groups.values())
    total = sum(places.values())
    by_place = {str(place + 1): places[place] / total for place in sorted(places)}
    claim = "the choice stays the same when the options change places"
    if not n_pairs:
        return Finding("order swap", claim, None, SURVIVES, None, "warning", UNKNOWN, {"by_place": by_place})
    n_questions = sum(len(choices) > 1 for choices in groups.values())
    share = same / n_pairs
    evidence = {
        "n_pairs": n_pairs, "n_questions": n_questions, "by_place": by_place,
        # a question's pairs are not independent: the interval is that of as many as there are questions
        "interval": list(wilson(share * n_questions, n_questions))[-2:],
    }  # fmt: skip
    passed = share >= SURVIVES
    return Finding("order swap", claim, share, SURVIVES, passed, "error", CONTENT if passed else FORMAT, evidence)


def leans(first: int, last: int) -> bool:
    """Whether choices that change with their place fall on one place more than on the other (sign test at 1 %).

    Answers at random do not survive a change of places either, but they lean to none.

    Parameters
    ----------
    first, last : int
        How many pairs of orders took what stood first in both, and how many what stood last.
    """
    return abs(first - last) > 2.58 * math.sqrt(first + last)


def one_judge(answers: Answers) -> str:
    """The name of the one judge whose answers these are, "judge" where none is given; InputError for several."""
    return _only(answers.who, "answers of {} judges", "who") or "judge"


def one_condition(answers: Answers) -> str:
    """The name of the one condition that these answers were given under, "" for none; InputError for several."""
    return _only(answers.condition, "answers under {} conditions", "condition")


def _only(names: Any, told: str, column: str) -> str:
    found = sorted(set(names.astype(str).tolist()))
    if len(found) > 1:
        raise InputError(
            f"{told.format(len(found))} are mixed ({', '.join(map(repr, found[:5]))}); score one at a time: "
            f"answers.select(answers.{column} == name)"
        )
    return found[0] if found else ""


def statuses(answers: Answers) -> dict[str, int]:
    """How many answers are ok, refused, malformed and low-mass."""
    names, counts = np.unique(answers.status.astype(str), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def verdict_of(findings: Sequence[Finding]) -> dict[str, Any]:
    """The verdict that stands above a published instrument's scores, as the gate's record holds it.

    Parameters
    ----------
    findings : sequence of Finding
        Those of a run; the first that fails decides, then the first that was not made.
    """
    failed = next((finding for finding in findings if finding.passed is False), None)
    unmade = next((finding for finding in findings if finding.passed is None), None)
    level = "unmeasurable" if failed else "unverified" if unmade else "differences"
    decided = failed or unmade or (findings[0] if findings else None)
    return {"level": level, "sentence": decided.sentence if decided else UNKNOWN, "also": []}
