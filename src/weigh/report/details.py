"""The pages behind the page: every question with the prompts, both orders and raw replies behind each number.

Answers are read once, in the ledger's order, and their HTML is spooled to disk, so that memory grows with their number
by a few words each and not by their text.
"""

from __future__ import annotations

import io
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weigh.report.answers import Source, answer_html, sort_key
from weigh.report.writing import gap, write_page

FOLDER = "details"
QUESTIONS_A_PAGE = 50
ANSWERS_A_PAGE = 4000


@dataclass
class Details:
    """What the front page needs to know of the pages behind it.

    Parameters
    ----------
    pages : list of dict
        href, first, last (numbers of questions), answers.
    places : dict of str to str
        Link to each question, by its id.
    statuses : Counter
        Number of answers by (frame, whether under a condition, status).
    n_answers : int
        All of them.
    """

    pages: list[dict[str, Any]] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    statuses: Counter[tuple[str, bool, str]] = field(default_factory=Counter)
    n_answers: int = 0


def write_details(
    folder: Path, questions: Sequence[Mapping[str, Any]], source: Source, about: Mapping[str, Any]
) -> Details:
    """Write `details/questions-001.html` and so on.

    Parameters
    ----------
    folder : Path
        The run's folder.
    questions : sequence of mapping
        id, kind, situation, options and what else is known, in the bank's order. Questions that only the answers name
        follow, by id.
    source : Source
        The answers.
    about : mapping
        title and version, for the head of each page.
    """
    found = Details()
    (folder / FOLDER).mkdir(exist_ok=True)
    with tempfile.TemporaryFile(dir=folder / FOLDER, buffering=0) as spool:
        places = _spooled(source, spool, found)
        known = {question["id"] for question in questions}
        extra = [{"id": id, "kind": "unknown", "situation": "", "options": []} for id in sorted(places.keys() - known)]
        everything = [*questions, *extra]
        chunks = list(_chunks(everything, places))
        names = [f"questions-{n:03d}.html" for n in range(1, len(chunks) + 1)]
        index, rows_of = 0, dict[int, list[tuple[Any, ...]]]()

        def answers_to(index: int) -> bytes:
            return b"".join([_part(spool, start, size) for *_, start, size in rows_of.pop(index)])

        for n, chunk in enumerate(chunks):
            shown = []
            for question in chunk:
                index += 1
                found.places[question["id"]] = f"{FOLDER}/{names[n]}#q-{index}"
                rows = rows_of[index] = sorted(places.get(question["id"], ()))
                shown.append({**question, "index": index, "n_answers": len(rows), "answers": gap(index)})
            page = {
                "href": f"{FOLDER}/{names[n]}", "first": shown[0]["index"], "last": index,
                "answers": sum(one["n_answers"] for one in shown),
            }  # fmt: skip
            found.pages.append(page)
            around = {"before": names[n - 1] if n else "", "after": names[n + 1] if n + 1 < len(names) else ""}
            write_page(
                folder / FOLDER / names[n], "details.html.j2",
                {**about, **page, **around, "questions": shown, "n_questions": len(everything)}, filled=answers_to,
            )  # fmt: skip
    _remove_stale(folder / FOLDER, names)
    return found


def count_answers(source: Source) -> Details:
    """What the front page needs where no page is written behind it."""
    statuses = Counter(
        (str(row.get("frame") or ""), bool(row.get("condition")), str(row.get("status") or "ok")) for row in source
    )
    return Details(statuses=statuses, n_answers=statuses.total())


def _spooled(source: Source, spool: Any, found: Details) -> dict[str, list[tuple[Any, ...]]]:
    places: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    at = 0
    # buffered for writing only: the reads that follow jump about
    buffered = io.BufferedWriter(spool, 1 << 20)
    for row in source:
        html = answer_html(row).encode("utf-8")
        key = sort_key(row)
        places[str(row.get("question"))].append((*key, at, len(html)))
        found.statuses[key[1], bool(key[0]), str(row.get("status") or "ok")] += 1
        found.n_answers += 1
        buffered.write(html)
        at += len(html)
    buffered.flush()
    buffered.detach()
    return places


def _part(spool: Any, start: int, size: int) -> bytes:
    spool.seek(start)
    return spool.read(size)


def _chunks(questions: Sequence[Mapping[str, Any]], places: Mapping[str, Sequence[Any]]) -> Any:
    chunk: list[Mapping[str, Any]] = []
    answers = 0
    for question in questions:
        n = len(places.get(question["id"], ()))
        if chunk and (len(chunk) == QUESTIONS_A_PAGE or answers + n > ANSWERS_A_PAGE):
            yield chunk
            chunk, answers = [], 0
        chunk.append(question)
        answers += n
    if chunk:
        yield chunk


def _remove_stale(folder: Path, names: Sequence[str]) -> None:
    # an earlier, longer run's pages would be reached by nothing but would still be believed
    for path in folder.glob("questions-*.html"):
        if path.name not in names:
            path.unlink(missing_ok=True)
