"""What `weigh banks` does: list the banks, show a card, check a bank's balance, get a published set."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from weigh.banks.bank import find_bank, installed_banks
from weigh.banks.published import get as fetch
from weigh.banks.published import published_sets, shelf
from weigh.core.errors import InputError
from weigh.core.jsonable import plain
from weigh.doors.terminal import cell, console, print_findings, print_json, print_path, say
from weigh.pipelines.record import describe_bank


def listed(*, as_json: bool) -> None:
    """Print a line a bank: those that are installed, then the published sets and whether they are on this machine."""
    cards = [plain(describe_bank(find_bank(name))) for name in installed_banks()]
    for kind in published_sets().values():
        there = kind.is_in(shelf() / kind.name)
        card = plain(describe_bank(find_bank(kind.name))) if there else {"name": kind.name, "title": kind.title}
        cards.append({**card, "licence": kind.licence, "published": True, "here": there})
    if as_json:
        print_json(cards)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("bank", "items", "language", "licence", "title"):
        table.add_column(column)
    for card in cards:
        items = card.get("n_items", f"weigh banks get {card['name']}")
        table.add_row(*map(cell, (card["name"], items, card.get("language", ""), card["licence"], card["title"])))
    console().print(table, markup=False)


def show(name: str, *, as_json: bool) -> None:
    """Print one bank's card."""
    card = plain(describe_bank(find_bank(name)))
    if as_json:
        print_json(card)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("field")
    table.add_column("value", overflow="fold")
    for key, value in card.items():
        table.add_row(key, cell(", ".join(map(str, value)) if isinstance(value, list) else value))
    console().print(table, markup=False)


def check(name: str | None, model: str | None, *, as_json: bool) -> bool:
    """Print the checks of a bank's balance, and say whether all of them passed."""
    from weigh.judges import open_judge
    from weigh.pipelines.bank_check import check_bank

    if name is None:
        raise InputError("say which bank to check: weigh banks NAME --check")
    found = [one.to_json() for one in check_bank(find_bank(name), open_judge(model, say=say) if model else None)]
    if as_json:
        print_json(found)
    else:
        print_findings(found)
    return all(one["passed"] for one in found)


def get(name: str | None, source: Path | None) -> None:
    """Put a published set on the user's shelf, and print where it lies."""
    kinds = published_sets()
    kind = kinds.get((name or "").replace("-", "_"))
    if kind is None:
        raise InputError(f"there is no published set {name or ''!r}; those that can be fetched: {', '.join(kinds)}")
    print_path(fetch(kind, source, say))
