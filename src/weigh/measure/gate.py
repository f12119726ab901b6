"""The gate: does a set of answers measure anything at all, and what may be said of it?

Significance and split-half reliability prove nothing alone: answers that followed nothing but position reached
p = .0005 and a reliability of .79, and a network with random weights .0065 and .67. Only controls, paraphrases and the
fluency control stop them. So a profile is shown only where all of D1–D5 pass, a ranking only where D6 does too, and D7
and D8 say what kind of thing was measured.

Source: this project's own measurements on one small model (docs/log.md). The thresholds below have been seen on that
one model; they are named, shown on every page, and can be argued with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from weigh.banks.bank import Bank
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.finding import Finding
from weigh.core.method import method
from weigh.core.values import Values
from weigh.measure._checks import (
    ASSOCIATION,
    AUTHORED,
    AUTHORS,
    CLAIMS,
    CONTROLS,
    DIFFERENCES,
    FLUENCY,
    FOLLOWS_POSITION,
    NO_PREFERENCE,
    NOT_MEASURABLE,
    ORDER_SWAP,
    PARAPHRASE,
    PRIMED,
    RANKING,
    RELIABILITY,
    SIGNIFICANCE,
    TEXT_FLUENCY,
    TOO_FEW,
    UNRESPONSIVE,
    UNVERIFIED,
    check_authors,
    check_controls,
    check_order_swap,
    check_primed,
    check_profile,
    unchecked,
)
from weigh.measure._contrasts import Contrasts, contrasts, fit_values, instrument_of
from weigh.measure.evaluative import kept_frames

__all__ = [
    "ASSOCIATION", "AUTHORED", "AUTHORS", "CONTROLS", "DIFFERENCES", "FLUENCY", "FOLLOWS_POSITION", "NOT_MEASURABLE",
    "NO_PREFERENCE", "ORDER_SWAP", "PARAPHRASE", "PRIMED", "RANKING", "RELIABILITY", "SHOWN", "SIGNIFICANCE",
    "TEXT_FLUENCY", "TOO_FEW", "UNRESPONSIVE", "UNVERIFIED", "Verdict", "gate",
]  # fmt: skip

Level = Literal["unmeasurable", "no preference", "unverified", "differences", "ranking"]
SHOWN: tuple[Level, ...] = ("unverified", "differences", "ranking")


@dataclass(frozen=True)
class Verdict:
    """What may be said of a set of answers.

    Parameters
    ----------
    level : {"unmeasurable", "no preference", "unverified", "differences", "ranking"}
        From nothing to most.
    sentence : str
        The verdict in words, one of a fixed set.
    also : tuple of str
        What must be said beside it.
    findings : tuple of Finding
        D1–D8, each against its threshold.
    values : Values or None
        The profile; None where none may be shown.
    table : Contrasts
        The evidence that was judged.
    kept : tuple of int
        Indices of its frames that the controls let pass.
    """

    level: Level
    sentence: str
    also: tuple[str, ...]
    findings: tuple[Finding, ...]
    values: Values | None
    table: Contrasts
    kept: tuple[int, ...]

    @property
    def shown(self) -> bool:
        """Whether a profile may be shown."""
        return self.values is not None

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return {
            "level": self.level,
            "sentence": self.sentence,
            "also": list(self.also),
            "findings": [finding.to_json() for finding in self.findings],
            "values": self.values.to_json() if self.values else None,
        }

    def _repr_html_(self) -> str:
        return "".join(finding._repr_html_() for finding in self.findings)


@method(
    slug="gate",
    paper="this project, docs/log.md",
    takes=(Answers, Bank),
    gives=Verdict,
    family="audit",
    departs="the fluency check precedes the significance check in the verdict, as it says why there is nothing",
    exempt={
        "one_class": "answers that are all alike are what it is there to refuse, in its verdict",
        "nan": "a judge that gave no usable answer gets the verdict that nothing is measurable",
    },
)
def gate(
    answers: Answers,
    bank: Bank,
    *,
    instrument: Literal["auto", "stated", "evaluative"] = "auto",
    condition: str = "",
    n_permutations: int = 2000,
    seed: int = 0,
) -> Verdict:
    """Judge a set of answers: what, if anything, do they measure?

    Parameters
    ----------
    answers : Answers
        Of one judge, live or recorded.
    bank : Bank
        Whose items they answer.
    instrument : {"auto", "stated", "evaluative"}
        Whose answers to judge, where both are there; "auto" takes the evaluative ones.
    condition : str
        Name of the condition that counts as untreated.
    n_permutations : int
        Draws from the null of D4.
    seed : int
        Of the permutations and halvings.

    Returns
    -------
    Verdict
        The level, its fixed sentence, D1–D8 as findings, and the values where they may be shown.

    Raises
    ------
    InputError
        No answer belongs to the bank.

    Examples
    --------
    A judge that always takes what stands first:

    >>> from weigh.banks.bank import find_bank
    >>> from weigh.core.evidence import Answers
    >>> bank = find_bank("pilot")
    >>> rows = [(item.id, order) for item in bank.items for order in ("0,1", "1,0")]
    >>> ids, orders = zip(*rows)
    >>> answers = Answers.from_frame({"question": ids, "order": orders, "choice": ["A"] * len(rows)})
    >>> gate(answers, bank).sentence
    'Not measurable in this format: answers follow position; no profile is printed.'
    """
    chosen = instrument_of(answers) if instrument == "auto" else instrument
    table = contrasts(answers, bank, instrument=chosen, condition=condition)
    kept = kept_frames(table)
    findings = [check_controls(table, kept), check_order_swap(table)]
    values = None
    try:
        values = fit_values(table, chosen, frames=kept or None)
        findings += check_profile(table, kept, n_permutations, seed)
    except InputError as error:
        findings += [unchecked(name, claim, str(error)) for name, claim in CLAIMS.items()]
    findings += [check_primed(table, kept), check_authors(table, kept, seed)]
    level, sentence, also = _verdict(tuple(findings), values)
    shown = values if level in SHOWN else None
    return Verdict(level, sentence, also, tuple(findings), shown, table, tuple(kept))


def _verdict(findings: tuple[Finding, ...], values: Values | None) -> tuple[Level, str, tuple[str, ...]]:
    passed = {finding.name: finding.passed for finding in findings}
    sentence = {finding.name: finding.sentence for finding in findings}
    refusals: tuple[tuple[str, Level], ...] = (
        ("order swap", "unmeasurable"),
        ("controls", "unmeasurable"),
        ("fluency", "no preference"),
        ("paraphrase", "no preference"),
        ("signal", "no preference"),
    )
    for name, level in refusals:
        if passed.get(name) is False:
            return level, sentence[name], ()
    if values is None:
        return "unmeasurable", TOO_FEW, ()
    also = tuple(sentence[name] for name in ("primed", "authors") if passed.get(name) is False)
    # without controls and paraphrases nothing tells a value from a habit
    unmade = [name for name in ("controls", "paraphrase", "signal") if passed.get(name) is None]
    if unmade:
        return "unverified", UNVERIFIED, also
    return ("ranking", RANKING, also) if passed.get("reliability") else ("differences", DIFFERENCES, also)
