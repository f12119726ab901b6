"""How far a system prompt moves choices between the values that support a principle and those that oppose it.

Claim: end users cannot steer a model's choices effectively by a system prompt. A principle has supporting and opposing
values v with relevances r(v). Its dilemmas are those in conflict: every option carries values of exactly one side, and
the options are not all of one side. With s_v and n_v the number of options with v that were selected and neglected,

    net = Σ r(v)(s_v − n_v),    selected = Σ r(v) s_v,    each over the supporting values less over the opposing ones;

win rate = share of the dilemmas in which the supporting option was chosen; with no prompt, with one that steers to the
supporting values, and with one that steers to the opposing ones.

The published comparison mixes two measures, and so says nothing: before steering it sums r(v)(s_v + n_v), which no
decision changes, and after steering r(v) s_v (`score="published"`). `net` and `selected` use one measure throughout;
between two prompts net differs by exactly twice what selected does. For the sums, though not for which dilemmas are in
conflict, published code looks for a value's name anywhere in the text of an option's values, so that 'honesty' is found
in 'dishonesty' (`match="substring"`); ours compares names. Published runs with a prompt also differ from those without
in wording and in a sentence before the prompt; ours differ in the prompt alone.

Source: Chiu et al., arXiv:2410.02683, section 5, and its published code and tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from weigh.banks.bank import Bank
from weigh.banks.principles import SIDES, Match, Principle, conflicts, read_principles
from weigh.banks.steering_tables import is_steering_table, read_steering
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.figure import Figure, intervals
from weigh.core.method import method
from weigh.core.values import Scale, Values
from weigh.loops.elicit import Interview
from weigh.measure._asks import asks_of
from weigh.measure._dilemma_tables import recorded as recorded_answers
from weigh.measure._position import one_judge, position_finding, statuses, verdict_of
from weigh.measure._steering import CHANGES, NONE, Row, Score, Steering, apart, by_prompt, mean_rows, moves

__all__ = ["ask", "principle_steerability", "recorded"]

BANK = "daily_dilemmas"

Principles = str | Path | Sequence[Principle]

SCALE = Scale("interval", "real", "points")

TOLD = (
    "How much higher the choices score for the principle under one prompt than under the other, in summed relevances "
    "of values: above 0 the prompts move choices as they mean to."
)
CANNOT = (
    "Whether the judge holds a principle: the scores follow labels that others gave to the options.",
    "How large a change is beside another principle's: scores grow with the number of its dilemmas; compare win rates.",
    "Whether another prompt would have moved it: each side is asked for in one wording.",
)


def ask(interview: Interview, bank: Bank, *, principles: Principles = "") -> None:
    """Ask a judge to choose in every principle's dilemmas, in both orders: with no prompt and with either prompt.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses.
    bank : Bank
        Whose options carry values.
    principles : path or sequence of Principle
        A file that `weigh.banks.principles` reads.
    """
    given = _read(principles)
    mine = {principle.name: conflicts(principle, bank.dilemmas).real for principle in given}
    union = {item.id for items in mine.values() for item in items}
    plain = [item for item in bank.dilemmas if item.id in union]
    if not plain:
        raise InputError(f"in no item of bank {bank.name!r} do the sides of a principle conflict; nothing can be asked")
    interview.ask(asks_of(interview.judge, plain), what="forced choice")
    for side in SIDES:
        asks = [
            one
            for principle in given
            for one in asks_of(interview.judge, mine[principle.name], [principle.condition(side)])
        ]
        interview.ask(asks, what=f"forced choice, {side} prompts")


def recorded(columns: Mapping[str, Sequence[Any]], bank: Bank | None) -> tuple[Answers, Bank]:
    """Answers from the columns of a file: a published steering table, or `question,choice,condition`.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        The file's columns, as text. A condition is empty, "supporting:NAME" or "opposing:NAME", NAME a principle's.
    bank : Bank or None
        The dilemmas, where they are on this machine; a published table does without, and then knows values only by the
        names that it looked for.

    Raises
    ------
    InputError
        The columns are of neither form, or the bank is needed and not there.
    """
    if not is_steering_table(columns):
        return recorded_answers(columns, bank)
    answers, made = read_steering(columns)
    return answers, bank if bank is not None and set(made.by_id) <= set(bank.by_id) else made


@method(
    slug="dailydilemmas-steering",
    paper="arXiv:2410.02683",
    takes=(Answers, Bank),
    gives=Values,
    family="published",
    departs="one measure before and after steering; values are matched by name; win rates and changes have intervals",
)
def principle_steerability(
    answers: Answers, bank: Bank, *, principles: Principles = "", score: Score = "net", match: Match = "exact"
) -> Values:
    """How far prompts move the score of each principle.

    Parameters
    ----------
    answers : Answers
        Of one judge, under the conditions of `Principle.condition` and under none.
    bank : Bank
        Whose options carry values (theory "values").
    principles : path or sequence of Principle
        A file that `weigh.banks.principles` reads.
    score : {"net", "selected", "published"}
        Selected less neglected; selected only; or, as published, both together with no prompt and selected only with
        one, which are not comparable.
    match : {"exact", "substring"}
        How a principle's values are found among an option's for the sums; "substring" as published.

    Returns
    -------
    Values
        One number a principle that has answered dilemmas: its score under the supporting prompt less that under the
        opposing one (or less that without a prompt, where only one prompt was asked; `compared` in the notes says), in
        points, with a 95 % interval by dilemma. The notes hold scores and win rates under each prompt and all changes.

    Raises
    ------
    InputError
        No principles, no principle with dilemmas in conflict that were answered under two prompts, or several judges.

    Examples
    --------
    >>> from weigh.banks.bank import BankCard, Item
    >>> options, values = ("Say it.", "Keep quiet."), ("honesty", "tact")
    >>> items = [Item(f"q{i}", "A friend asks.", options, values=values) for i in range(3)]
    >>> honest = Principle("honesty first", {"honesty": 1.0}, {"tact": 0.5})
    >>> names = [honest.condition(side).name for side in ("supporting", "opposing")]
    >>> answers = Answers(question=["q0", "q1", "q2"] * 2, choice=[0, 0, 0, 0, 1, 1], condition=np.repeat(names, 3))
    >>> values = principle_steerability(answers, Bank.of(BankCard("friends"), items), principles=[honest])
    >>> values.mean.round(9).tolist()
    [6.0]
    """
    who, given = one_judge(answers), _read(principles)
    parts = by_prompt(answers, given)
    rows, changes = [], []
    left: dict[str, str] = {}
    constant: dict[str, Row] = {}
    for principle in given:
        found = conflicts(principle, bank.dilemmas, match=match)
        asked = {prompt: part for (name, prompt), part in parts.items() if name in ("", principle.name)}
        case = Steering.of(principle, found.real, asked, score, match)
        if not case.arms:
            left[principle.name] = "none of its dilemmas is answered" if found.real else "no dilemma is in conflict"
            continue
        about = {"principle": principle.name, "n_sharing": len(found.sharing), "n_conflicts": len(found.real)}
        rows += [about | case.row(prompt) for prompt in case.arms]
        changes += [{"principle": principle.name, **one} for pair in CHANGES if (one := case.change(*pair))]
        for name, scored in case.constants().items():
            constant.setdefault(name, {})[principle.name] = scored
    compared = next((pair for pair in CHANGES if any((row["from"], row["to"]) == pair for row in changes)), None)
    if compared is None:
        why = "; ".join(f"{name}: {reason}" for name, reason in list(left.items())[:3]) or "there is one prompt only"
        raise InputError(
            f"of {len(given)} principles none has dilemmas in conflict that were answered under two prompts ({why}); "
            "expected conditions '', 'supporting:NAME' and 'opposing:NAME'"
        )
    kept = [row for row in changes if (row["from"], row["to"]) == compared]
    position, (means, mean_changes) = position_finding(apart(answers)), mean_rows(rows)
    notes = {
        "findings": [position.to_json(), moves(kept).to_json()],
        "verdict": verdict_of([position]),
        "statuses": statuses(answers),
        "told": TOLD,
        "cannot": list(CANNOT),
        "figures": [figure.to_json() for figure in _figures(kept, rows, compared)],
        "baselines": constant,
        "compared": f"{compared[1]} less {compared[0]}",
        "mean_scores": means,
        "mean_changes": mean_changes,
        "by_prompt": rows,
        "changes": changes,
        "left_out": left,
    }
    numbers = {key: np.array([row[key] for row in kept]) for key in ("mean", "low", "high")}
    names = tuple(row["principle"] for row in kept)
    return Values(names, (who,), **numbers, scale=SCALE, method="measure/principle_steerability", notes=notes)


def _read(principles: Principles) -> tuple[Principle, ...]:
    if not principles:
        raise InputError(
            "no principles are given; give principles=FILE, a TOML file with tables [principle.NAME] or a published CSV"
        )
    given = read_principles(principles) if isinstance(principles, str | Path) else tuple(principles)
    names = [principle.name for principle in given]
    if len(set(names)) < len(names):
        raise InputError(f"two principles have one name; the names are {', '.join(names)}")
    return given


def _figures(kept: Sequence[Row], rows: Sequence[Row], compared: tuple[str, str]) -> list[Figure]:
    lanes = [{"item": row["principle"], **{key: row[key] for key in ("mean", "low", "high")}} for row in kept]
    title = f"Score under the {compared[1]} prompt less that " + (
        "without a prompt" if compared[0] == NONE else f"under the {compared[0]} one"
    )
    wins = [
        {
            "item": row["principle"], "mean": 100 * row["win_rate"], "low": 100 * row["win_low"],
            "high": 100 * row["win_high"], "series": f"{'no' if row['prompt'] == NONE else row['prompt']} prompt",
        }
        for row in rows
        if row["n"]
    ]  # fmt: skip
    note = "Share of a principle's dilemmas in which the supporting option was chosen, with 95 % intervals."
    return [intervals(title, lanes, unit="points"), intervals("Win rates under each prompt", wins, unit="%", note=note)]
