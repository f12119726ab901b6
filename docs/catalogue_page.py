"""Writes the catalogue page: method cards, results of the reproductions, and the claims that did not hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weigh.core.method import VERBS, Card, built_in

REPRODUCTIONS = Path(__file__).parents[1] / "reproductions"
RESULTS = REPRODUCTIONS / "results.json"
NOT_HELD = REPRODUCTIONS / "not_held.json"
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
#: where a method is told at length, where that is not the chapter of its verb
CHAPTERS = {
    "measure/evaluative": "how_it_asks.md",
    "measure/gate": "how_it_asks.md",
    "measure/injections": "hostile_input.md",
    "measure/stated": "how_it_asks.md",
    "measure/principle_steerability": "instruments/daily_dilemmas.md",
    "fit/cardinal": "fit_more.md",
    "fit/prioritized_risk": "fit_more.md",
    "fit/runtime_preferences": "fit_more.md",
    "pool/lsc_rewards": "pool_rewards.md",
    "pool/moral_graph": "pool_moral_graph.md",
    "pool/negotiation": "pool_negotiation.md",
    "pool/reward_ensemble": "pool_rewards.md",
}


def write(path: Path, results: Path = RESULTS, not_held: Path = NOT_HELD) -> None:
    """Write the page, unless it holds the same text already, so that Sphinx reads it again only when it has changed.

    Parameters
    ----------
    path : Path
        The page.
    results : Path
        The rows that `python -m reproductions --all` writes; it may be missing.
    not_held : Path
        Claims that did not hold and are no reproduction; it may be missing.
    """
    text = page(built_in(), rows_of(results), rows_of(not_held))
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def rows_of(results: Path) -> list[dict[str, Any]]:
    """The rows of a file, a list of them or a mapping; none where there is no file."""
    if not results.is_file():
        return []
    given = json.loads(results.read_text("utf-8"))
    return [dict(row) for row in (given.values() if isinstance(given, Mapping) else given)]


def chapter_of(address: str) -> str:
    """The page that tells of a method."""
    verb, _, name = address.partition("/")
    return CHAPTERS.get(address) or (f"instruments/{name}.md" if verb == "measure" else f"{verb}.md")


def page(
    cards: Mapping[str, Card], rows: Sequence[Mapping[str, Any]], not_held: Sequence[Mapping[str, Any]] = ()
) -> str:
    """The page as Markdown.

    Parameters
    ----------
    cards : mapping of str to Card
        By address; without extensions, whose presence depends on the machine.
    rows : sequence of mapping
        One a reproduction, as `reproductions.claims.Row` says.
    not_held : sequence of mapping
        Keys method, claim, published, ours, why.
    """
    by_slug: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_slug.setdefault(str(row.get("slug")), []).append(row)
    n_held = sum(bool(row.get("holds")) for row in rows)
    parts = [
        "# Catalogue",
        "Every method that is in, by verb; this page is made from the methods' own cards when the docs are built. "
        "`weigh methods` prints the same list, and `weigh methods NAME` one card. A method has three names: its "
        "address, its file's name, and the slug of the published system that it implements.",
        f"{len(cards)} methods, {len(rows)} reproductions, of which {n_held} hold. A reproduction runs the method and "
        "a baseline in one run: `python -m reproductions NAME`."
        if rows
        else "No reproduction has been run yet.",
        "## Claims that do not hold\n\n" + _failed(cards, rows, not_held),
    ]
    for verb in VERBS:
        parts.append(f"## {verb}\n\n{ASKS[verb]}")
        mine = [card for at, card in sorted(cards.items()) if at.startswith(f"{verb}/")]
        if mine:
            parts.append(_overview(mine, by_slug))
        parts += [_entry(card, by_slug.get(card.slug, ())) for card in mine] or ["No method yet."]
    return "\n\n".join(parts) + "\n"


def _overview(cards: Sequence[Card], by_slug: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    lines = ["| method | what it does | reproductions |", "|---|---|---|"]
    for card in cards:
        name = card.address.split("/")[1]
        rows = by_slug.get(card.slug, ())
        held = ", ".join("holds" if row.get("holds") else "**does not hold**" for row in rows[:1])
        told = f"{sum(bool(row.get('holds')) for row in rows)} of {len(rows)} hold" if len(rows) > 1 else held
        lines.append(f"| [{_cell(name)}](#{_anchor(card.address)}) | {_cell(card.summary)} | {told or '–'} |")
    return "\n".join(lines)


def _entry(card: Card, rows: Sequence[Mapping[str, Any]]) -> str:
    module = f"weigh.{card.address.replace('/', '.')}"
    lines = [
        f"### {_plain(card.address)}",
        "",
        f"{_plain(card.summary)} [Chapter]({chapter_of(card.address)}) · "
        f"[reference](api/generated/{module}.rst) · slug `{card.slug}`",
        "",
        f"- takes {_plain(', '.join(card.takes))}; gives {_plain(card.gives)}",
        f"- source: {_paper(card.paper)}",
        f"- departs: {_plain(card.departs)}",
    ]
    if card.options:
        lines.append("- options: " + ", ".join(f"`{option.name}`" for option in card.options))
    if card.exempt:
        lines.append("- exempt from: " + "; ".join(f"{check} ({_plain(why)})" for check, why in card.exempt.items()))
    return "\n".join([*lines, *(line for row in rows for line in ("", *_reproduction(row)))])


def _reproduction(row: Mapping[str, Any]) -> list[str]:
    """The claim and whether it holds; the numbers behind it open by a click."""
    held = "holds" if row.get("holds") else "**does not hold**"
    seeds, seconds = row.get("seeds") or (), row.get("seconds")
    ran = f"{len(seeds)} seed{'s' if len(seeds) != 1 else ''}" + (f", {seconds:.0f} s" if seconds else "")
    lines = [f"*{_plain(row.get('claim', '')).replace('*', '')}*: {held}.", "", "<details>", ""]
    lines += [f"<summary>{ran}: the numbers</summary>", "", "| | ours |", "|---|---|", *_numbers(row.get("ours"))]
    lines += ["", "| | baseline |", "|---|---|", *_numbers(row.get("baseline"))]
    for name, title in (("need_used", "needed"), ("why", "note")):
        if row.get(name):
            lines += ["", f"{title}: {_plain(row[name])}"]
    return [*lines, "", "</details>"]


def _numbers(given: Any) -> list[str]:
    each = given if isinstance(given, Mapping) else {"": given}
    return [f"| {_cell(name)} | {_cell(value)} |" for name, value in each.items()]


def _failed(cards: Mapping[str, Card], rows: Sequence[Mapping[str, Any]], not_held: Sequence[Mapping[str, Any]]) -> str:
    by_slug = {card.slug: card.address for card in cards.values()}
    failed = [
        # what the source says that must be found
        {**row, "method": by_slug.get(str(row.get("slug")), row.get("slug")), "published": row.get("need_spec")}
        for row in rows
        if row.get("holds") is False
    ]
    told = "Published claims that do not hold here, with both numbers and what we think is the reason."
    if not (failed or not_held):
        return f"{told} All of them hold." if rows else told
    table = ["| claim | published, or needed | ours | why |", "|---|---|---|---|"]
    for row in [*not_held, *failed]:
        at = str(row["method"])
        method = f"[{_cell(at.rpartition('/')[2])}](#{_anchor(at)})" if at in cards else _cell(at)
        cells = [
            f"{method}: {_cell(row.get('claim'))}",
            *(_cell(row.get(name)) for name in ("published", "ours", "why")),
        ]
        table.append(f"| {' | '.join(cells)} |")
    return f"{told}\n\n" + "\n".join(table)


def _anchor(address: str) -> str:
    """The heading's anchor, as MyST makes it of its text."""
    return re.sub(r"[^\w-]", "", address.lower())


def _paper(paper: str) -> str:
    """A source, with arXiv's numbers as links."""
    return re.sub(r"arXiv:(\d{4}\.\d{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", _plain(paper))


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
