"""One answer as HTML: how it was asked, what was chosen, and, folded, the very prompts, numbers and reply.

Written by hand and not by Jinja, as there may be a hundred thousand of them; every text goes through `cell`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from weigh.core.errors import LedgerError
from weigh.core.evidence import Answers
from weigh.core.ledger import Reading
from weigh.pipelines.record import RECORDED
from weigh.report.shown import brief, cell, floats

Row = Mapping[str, Any]
_FLOATS = {float}


class Source(Protocol):
    """Where the answers of a run come from: rows as a ledger holds them, once, and then notes on their state."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said of the answers; complete once the last row is out."""
        ...

    def __iter__(self) -> Iterator[Row]: ...


@dataclass(frozen=True)
class _Rows:
    rows: Iterator[Row]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Row]:
        return self.rows


def source_of(folder: Path) -> Source:
    """The answers of a run folder, one at a time; recorded ones where it holds those."""
    recorded = folder / RECORDED
    if recorded.is_file():
        return _Rows(_recorded(Answers.from_file(recorded)))
    try:
        return Reading(folder)
    except LedgerError:
        if (folder / "answers.jsonl").exists():
            raise
        return _Rows(iter(()), ("no answers lie beside this page",))


def sort_key(row: Row) -> tuple[Any, ...]:
    """Order of the answers to one question, which does not depend on when they were given."""
    names = (sys.intern(str(row.get(name) or "")) for name in ("condition", "frame", "wording"))
    return (*names, tuple(row.get("order") or ()), row.get("sample") or 0)


def answer_html(row: Row) -> str:
    """The answer as a folded block."""
    get = row.get
    order, choice, status = get("order"), get("choice", -1), str(get("status") or "ok")
    condition, sample = get("condition"), get("sample")
    asked = cell(str(get("frame") or "recorded"))
    if condition:
        asked += f' <span class="told">{cell(str(condition))}</span>'
    if sample:
        asked += f" no. {int(sample) + 1}"
    places = ", ".join([str(place + 1) for place in order]) if order else "not shown"
    chosen = f"option {choice + 1}" if isinstance(choice, int) and choice >= 0 else "none"
    flag = "" if status == "ok" else ' class="flag"'
    return (
        f'<details class="answer"><summary><span><bdi>{asked}</bdi></span><span>{cell(str(get("wording") or ""))}'
        f"</span><span>{places}</span><span>{chosen}</span><span>{_or_dash(get('p'))}</span>"
        f"<span>{_or_dash(get('mass'))}</span><span{flag}>{cell(status)}</span></summary>{_inside(row)}</details>\n"
    )


def _inside(row: Row) -> str:
    get = row.get
    prompts: list[dict[str, Any]] = get("prompts") or []
    parts: list[str] = []
    before = None
    for n, prompt in enumerate(prompts, 1):
        parts.append(f"<h4>Prompt {n}</h4>")
        for message in prompt.get("messages") or ():
            images = "".join(
                [f'<p class="text">image sha256 {cell(str(one))}</p>' for one in message.get("images") or ()]
            )
            parts.append(f'<p class="role">{cell(str(message.get("role")))}</p>{_text(message.get("text"))}{images}')
        if text := prompt.get("text"):
            parts.append(_text(text))
        if prefill := prompt.get("prefill"):
            parts.append(f'<p class="role">the reply begins</p>{_text(prefill)}')
        continuations = prompt.get("continuations")
        if continuations:
            same = continuations == before
            parts.append('<p class="role">scored after it: the same</p>' if same else _listed(continuations))
        before = continuations
    if raw := get("raw"):
        parts.append(f'<p class="role">reply as it came</p>{_text(raw, "text raw")}')
    if numbers := _numbers(get("scores"), get("detail"), get("tokens")):
        parts.append(f'<p class="numbers"><bdi>{numbers}</bdi></p>')
    return "".join(parts) or '<p class="numbers">nothing more was recorded</p>'


def _text(text: Any, kind: str = "text") -> str:
    return f'<p class="{kind}" dir="auto">{cell(str(text))}</p>'


def _listed(given: list[Any]) -> str:
    texts = tuple(map(str, given))
    # the same for all frames of a question, which stand far apart; long ones would fill the memory
    return _cached(texts) if sum(map(len, texts)) < 400 else _list(texts)


def _list(texts: tuple[str, ...]) -> str:
    listed = "".join([f'<li class="text" dir="auto">{cell(text)}</li>' for text in texts])
    return f'<p class="role">scored after it</p><ol>{listed}</ol>'


_cached = lru_cache(maxsize=8192)(_list)


def _numbers(scores: Any, detail: Any, tokens: Any) -> str:
    found = [f"evidence for each option: {_brief(scores)}"] if scores else []
    if isinstance(detail, dict):
        found += [f"log-probability, {cell(str(name))}: {_brief(value)}" for name, value in detail.items()]
    if tokens:
        found.append(f"{cell(str(tokens))} tokens")
    return "; ".join(found)


def _brief(value: Any) -> str:
    if type(value) is list and {*map(type, value)} == _FLOATS:
        return floats(value)  # digits, which need no escaping
    return cell(brief(value))


def _or_dash(x: Any) -> str:
    # probabilities have no sign
    return f"{x:.2f}" if isinstance(x, int | float) else "–"


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
