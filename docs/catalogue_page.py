"""Writes the catalogue page from the method cards and, where there are any, the results of the reproductions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weigh.core.method import VERBS, Card, built_in

RESULTS = Path(__file__).parents[1] / "reproductions" / "results.json"
ASKS = {
    "measure": "What does it value?",
    "fit": "How much?",
    "pool": "How much for all of us together?",
    "credit": "Who or what contributed?",
    "learn": "What is it worth later?",
    "train": "Make it so.",
    "guide": "Make it so at run time, weights untouched.",
    "decide": "So what do we do?",
}


def write(path: Path, results: Path = RESULTS) -> None:
    """Write the page, unless it holds the same text already, so that Sphinx reads it again only when it has changed.

    Parameters
    ----------
    path : Path
        The page.
    results : Path
        The rows that `python -m reproductions --all` writes; it may be missing.
    """
    text = page(built_in(), rows_of(results))
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def rows_of(results: Path) -> list[dict[str, Any]]:
    """The reproductions' rows; none where there is no file."""
    if not results.is_file():
        return []
    given = json.loads(results.read_text("utf-8"))
    if isinstance(given, Mapping):
        given = given.get("rows", given.get("results", list(given.values())))
    return [dict(row) for row in given]


def page(cards: Mapping[str, Card], rows: Sequence[Mapping[str, Any]]) -> str:
    """The page as Markdown.

    Parameters
    ----------
    cards : mapping of str to Card
        By address; without extensions, whose presence depends on the machine.
    rows : sequence of mapping
        One a reproduction, as `reproductions.claims.Row` says.
    """
    parts = [
        "# Catalogue",
        "Every method that is in, by verb; this page is made from the methods' own cards when the docs are built. "
        "`weigh methods` prints the same list, and `weigh methods NAME` one card.",
    ]
    by_slug: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_slug.setdefault(str(row.get("slug")), []).append(row)
    for verb in VERBS:
        parts.append(f"## {verb}\n\n{ASKS[verb]}")
        mine = [card for at, card in sorted(cards.items()) if at.startswith(f"{verb}/")]
        parts += [_entry(card, by_slug.get(card.slug, ())) for card in mine] or ["No method yet."]
    parts.append("## Claims that do not hold\n\n" + _failed(rows))
    return "\n\n".join(parts) + "\n"


def _entry(card: Card, rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        f"### {_plain(card.address)}",
        "",
        _plain(card.summary),
        "",
        f"- takes {_plain(', '.join(card.takes))}; gives {_plain(card.gives)}",
        f"- source: {_plain(card.paper)}",
        f"- departs: {_plain(card.departs)}",
    ]
    if card.options:
        lines.append("- options: " + ", ".join(f"`{option.name}`" for option in card.options))
    if card.exempt:
        lines.append("- exempt from: " + "; ".join(f"{check} ({_plain(why)})" for check, why in card.exempt.items()))
    for row in rows:
        lines.append(
            f"- reproduction: {_plain(row.get('claim', ''))}: {'holds' if row.get('holds') else 'does not hold'}"
        )
        lines += [f"  - {name}: {_plain(_text(row.get(name)))}" for name in ("ours", "baseline")]
    return "\n".join(lines)


def _failed(rows: Sequence[Mapping[str, Any]]) -> str:
    failed = [row for row in rows if row.get("holds") is False]
    if not failed:
        told = "All of them hold." if rows else "No reproduction has been run yet."
        return f"Published claims that we could not reproduce, with both numbers. {told}"
    table = ["| method | claim | published | ours | why |", "|---|---|---|---|---|"]
    for row in failed:
        # what the source says that must be found
        published = row.get("published", row.get("need_spec"))
        cells = (row.get("slug"), row.get("claim"), published, row.get("ours"), row.get("why", ""))
        table.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "Published claims that we could not reproduce, with both numbers.\n\n" + "\n".join(table)


def _cell(value: Any) -> str:
    return _plain(_text(value)).replace("|", "\\|")


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} = {_text(each)}" for name, each in value.items())
    return f"{value:.4g}" if isinstance(value, float) else "–" if value is None else str(value)


def _plain(value: Any) -> str:
    """Text on one line in which nothing is markup."""
    text = " ".join(str(value).split())
    for sign in "\\`*_<[":
        text = text.replace(sign, f"\\{sign}")
    return text
