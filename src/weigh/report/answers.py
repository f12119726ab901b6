"""One answer as HTML: how it was asked, what was chosen, and, folded, the very prompts, numbers and reply.

Written by hand and not by Jinja, as there may be a hundred thousand of them; every text goes through `cell`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from weigh.core.errors import LedgerError
from weigh.core.evidence import Answers
from weigh.core.ledger import Ledger
from weigh.pipelines.record import RECORDED
from weigh.report.shown import brief, cell

Row = Mapping[str, Any]


class Source(NamedTuple):
    """Where the answers of a run come from: rows as a ledger holds them, and notes on their state."""

    rows: Iterator[Row]
    notes: tuple[str, ...]


def source_of(folder: Path) -> Source:
    """The answers of a run folder, one at a time; recorded ones where it holds those."""
    recorded = folder / RECORDED
    if recorded.is_file():
        return Source(_recorded(Answers.from_file(recorded)), ())
    try:
        ledger = Ledger(folder, readonly=True)
    except LedgerError as error:
        if (folder / "answers.jsonl").exists():
            raise
        del error
        return Source(iter(()), ("no answers lie beside this page",))
    return Source(_of_ledger(ledger), ledger.notes)


def sort_key(row: Row) -> tuple[Any, ...]:
    """Order of the answers to one question, which does not depend on when they were given."""
    names = (sys.intern(str(row.get(name) or "")) for name in ("condition", "frame", "wording"))
    return (*names, tuple(row.get("order") or ()), row.get("sample") or 0)


def answer_html(row: Row) -> str:
    """The answer as a folded block."""
    order, choice, status = row.get("order") or (), row.get("choice", -1), str(row.get("status") or "ok")
    condition = row.get("condition")
    sample = row.get("sample") or 0
    asked = cell(str(row.get("frame") or "recorded"))
    if condition:
        asked += f' <span class="told">{cell(str(condition))}</span>'
    if sample:
        asked += f" no. {int(sample) + 1}"
    places = ", ".join(str(place + 1) for place in order) if order else "not shown"
    chosen = f"option {choice + 1}" if isinstance(choice, int) and choice >= 0 else "none"
    flag = "" if status == "ok" else ' class="flag"'
    return (
        f'<details class="answer"><summary><span><bdi>{asked}</bdi></span><span>{cell(str(row.get("wording") or ""))}'
        f"</span><span>{places}</span><span>{chosen}</span><span>{_or_dash(row.get('p'))}</span>"
        f"<span>{_or_dash(row.get('mass'))}</span><span{flag}>{cell(status)}</span></summary>{_inside(row)}</details>\n"
    )


def _inside(row: Row) -> str:
    parts, before = [], None
    for n, prompt in enumerate(row.get("prompts") or (), 1):
        parts.append(f"<h4>Prompt {n}</h4>")
        for message in _list(prompt, "messages"):
            role, images = cell(str(message.get("role"))), _list(message, "images")
            seen = "".join(f'<p class="text">image sha256 {cell(str(image))}</p>' for image in images)
            parts.append(
                f'<p class="role">{role}</p><p class="text" dir="auto">{cell(str(message.get("text")))}</p>{seen}'
            )
        if prompt.get("text"):
            parts.append(f'<p class="text" dir="auto">{cell(prompt["text"])}</p>')
        if prompt.get("prefill"):
            parts.append(
                f'<p class="role">the reply begins</p><p class="text" dir="auto">{cell(prompt["prefill"])}</p>'
            )
        continuations = _list(prompt, "continuations")
        if continuations and continuations != before:
            listed = "".join(f'<li class="text" dir="auto">{cell(str(text))}</li>' for text in continuations)
            parts.append(f'<p class="role">scored after it</p><ol>{listed}</ol>')
        elif continuations:
            parts.append('<p class="role">scored after it: the same</p>')
        before = continuations
    if row.get("raw"):
        parts.append(f'<p class="role">reply as it came</p><p class="text raw" dir="auto">{cell(str(row["raw"]))}</p>')
    scores, detail = row.get("scores") or (), row.get("detail") or {}
    numbers = [f"evidence for each option: {brief(scores)}"] if scores else []
    if isinstance(detail, Mapping):
        numbers += [f"log-probability, {name}: {brief(value)}" for name, value in detail.items()]
    if row.get("tokens"):
        numbers.append(f"{row['tokens']} tokens")
    if numbers:
        parts.append(f'<p class="numbers"><bdi>{cell("; ".join(numbers))}</bdi></p>')
    return "".join(parts) or '<p class="numbers">nothing more was recorded</p>'


def _list(given: Row, name: str) -> list[Any]:
    return given.get(name) or []


def _or_dash(x: Any) -> str:
    # probabilities have no sign
    return f"{x:.2f}" if isinstance(x, int | float) else "–"


def _of_ledger(ledger: Ledger) -> Iterator[Row]:
    with ledger:
        yield from ledger.rows()


def _recorded(answers: Answers) -> Iterator[Row]:
    for i in range(len(answers)):
        scores = answers.scores[i]
        known = scores[scores == scores].tolist()
        p, mass = float(answers.p[i]), float(answers.mass[i])
        yield {
            "question": answers.question[i], "choice": int(answers.choice[i]), "order": list(answers.order[i]),
            "p": p if p == p else None, "mass": mass if mass == mass else None, "status": answers.status[i],
            "frame": answers.frame[i], "wording": answers.wording[i], "condition": answers.condition[i],
            "sample": int(answers.sample[i]), "raw": answers.raw[i], "scores": known,
        }  # fmt: skip
