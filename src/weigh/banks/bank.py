"""A bank of questions: what is asked, who wrote it, and what each option serves.

A bank is a folder with `items.jsonl` and `card.toml`, or a lone `.jsonl` file. One line an item:
`id, situation, options[2+]` and, where they apply, `values` (one an option), `labels`, `paraphrase` (an object with
`situation` and `options`), `author`, `family`, `language`, `group`, and `kind`: "control" for a choice whose first
option is beyond doubt, "outcome" for a state of the world and "open" for a question in free text, which have no
options. Banks are found by path, or by name: those of installed packages through the entry-point group `weigh.banks`,
published ones, which stay where the user put them, through `weigh.banks.published`.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.metadata
import importlib.util
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from weigh.banks.items import ORIGINAL, PARAPHRASE, Item, item_of
from weigh.banks.taxonomies import Taxonomy, taxonomy
from weigh.core.documents import is_file, json_lines, read_toml
from weigh.core.errors import InputError
from weigh.core.frames import sound

__all__ = [
    "ORIGINAL", "PARAPHRASE", "Bank", "BankCard", "Item", "balanced_subset", "find_bank", "installed_banks",
    "read_bank",
]  # fmt: skip


@dataclass(frozen=True)
class BankCard:
    """What a reader must know of a bank: `card.toml`.

    `default` dilemmas are asked unless all are wanted (0: all). `method` is the address of the method that asks and
    scores this bank; empty for banks that the two instruments of `weigh measure` ask.
    """

    name: str
    title: str = ""
    authors: tuple[str, ...] = ()
    licence: str = "unknown"
    version: str = "0"
    language: str = "en"
    taxonomy: str = ""
    sha256: str = ""
    drafting: str = ""
    canary: str = ""
    source: str = ""
    method: str = ""
    default: int = 0

    def to_toml(self) -> str:
        """The card as `card.toml` holds it."""
        return "".join(f"{key} = {_toml(value)}\n" for key, value in asdict(self).items() if value)


@dataclass(frozen=True)
class Bank:
    """Items and their card.

    Parameters
    ----------
    card : BankCard
        Title, authors, licence, version.
    items : tuple of Item
        In the file's order.
    sha256 : str
        Of the items' file.
    file : Path, optional
        The `.jsonl` file that they were read from; None for a bank that was made of other files, by `Bank.of`.
    """

    card: BankCard
    items: tuple[Item, ...]
    sha256: str
    file: Path | None = None

    @classmethod
    def of(cls, card: BankCard, items: Iterable[Item]) -> Bank:
        """A bank of items that were not read from a bank's own file.

        Raises
        ------
        InputError
            There are no items, or two with one id.
        """
        items = tuple(items)
        _check_ids(items, card.name)
        return cls(card, items, hashlib.sha256(_lines(items)).hexdigest())

    @property
    def name(self) -> str:
        """Short name."""
        return self.card.name

    @property
    def version(self) -> str:
        """Changes when a word of the bank does; part of every ledger key."""
        return f"{self.card.name}-{self.card.version}-{self.sha256[:12]}"

    @cached_property
    def dilemmas(self) -> tuple[Item, ...]:
        """Choices that are asked for their answer."""
        return self._of_kind("choice")

    @cached_property
    def controls(self) -> tuple[Item, ...]:
        """Choices whose first option is right."""
        return self._of_kind("control")

    @cached_property
    def outcomes(self) -> tuple[Item, ...]:
        """States of the world, to be compared with one another."""
        return self._of_kind("outcome")

    @cached_property
    def open(self) -> tuple[Item, ...]:
        """Questions that are answered in free text."""
        return self._of_kind("open")

    def _of_kind(self, kind: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.kind == kind)

    @cached_property
    def taxonomy(self) -> Taxonomy | None:
        """The taxonomy that the card names."""
        return taxonomy(self.card.taxonomy) if self.card.taxonomy else None

    @cached_property
    def values(self) -> tuple[str, ...]:
        """Names of the values that the options serve, in the taxonomy's order, else in alphabetical order."""
        seen = {value for item in self.dilemmas for value in item.values}
        if self.taxonomy:
            return tuple(value for value in self.taxonomy.values if value in seen)
        return tuple(sorted(seen))

    @cached_property
    def by_id(self) -> Mapping[str, Item]:
        """Items by id."""
        return {item.id: item for item in self.items}

    def copy_to(self, folder: Path) -> None:
        """Copy items and card into a folder that `read_bank` reads, so that a run can be judged where it lies."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.file is None:
            (folder / "items.jsonl").write_bytes(_lines(self.items))
            (folder / "card.toml").write_text(replace(self.card, sha256=self.sha256).to_toml(), encoding="utf-8")
            return
        if folder.resolve() == self.file.parent.resolve():
            return
        shutil.copyfile(self.file, folder / "items.jsonl")
        card = self.file.parent / "card.toml"
        if card.is_file() and self.file.name == "items.jsonl":
            shutil.copyfile(card, folder / "card.toml")
        else:
            (folder / "card.toml").write_text(BankCard(self.name).to_toml(), encoding="utf-8")

    def spread(self, n: int) -> Bank:
        """The bank with n of its items, evenly spaced in file order, so that parts of a file stay in proportion.

        Parameters
        ----------
        n : int
            Number of items; at or above the bank's own number nothing changes.
        """
        if n < 1:
            raise InputError(f"a bank of {n} items measures nothing; give 1 or more")
        if n >= len(self.items):
            return self
        return Bank.of(self.card, (self.items[i * len(self.items) // n] for i in range(n)))

    def balanced(self, n: int) -> Bank:
        """The bank with n dilemmas, chosen so that values and authors come up as equally often as can be.

        Parameters
        ----------
        n : int
            Number of dilemmas; all controls stay. At or above the bank's own number nothing changes.
        """
        if n < 1:
            raise InputError(f"a bank of {n} dilemmas measures nothing; give 1 or more")
        if n >= len(self.dilemmas):
            return self
        chosen = set(balanced_subset(self.dilemmas, n))
        kept = (item for i, item in enumerate(self.dilemmas) if i in chosen)
        return replace(self, items=(*kept, *self.controls))


def balanced_subset(items: Sequence[Item], n: int) -> list[int]:
    """Indices of n items, in file order, balanced over pairs of values, authors, values, and which value stands first.

    Greedy: each step takes the first item whose author has had its pair least, then whose pair has been had least, so
    that a part of the bank links as many values directly as it can; then whose author and values are rarest.

    Parameters
    ----------
    items : sequence of Item
        To choose from.
    n : int
        How many.
    """
    tags = [_tags(item) for item in items]
    seen: Counter[tuple[str, ...]] = Counter()
    left = list(range(len(items)))
    chosen: list[int] = []

    def cost(at: int) -> tuple[int, int, int, int]:
        by_author, pair, *others = tags[at]
        return seen[by_author], seen[pair], sum(seen[tag] ** 2 for tag in others), at

    while left and len(chosen) < n:
        at = min(left, key=cost)
        left.remove(at)
        chosen.append(at)
        seen.update(tags[at])
    return sorted(chosen)


def _tags(item: Item) -> list[tuple[str, ...]]:
    pair = tuple(sorted(item.values))
    parts = [("author", item.author), *(("value", value) for value in item.values), ("first", *item.values[:1])]
    return [("author and pair", item.author, *pair), ("pair", *pair), *parts]


def read_bank(path: str | Path) -> Bank:
    """Read a bank from its folder or from a lone `.jsonl` file.

    Raises
    ------
    InputError
        The file is missing, torn, empty, has a bad line, two items with one id, or another sha256 than its card says.
    """
    path = Path(path)
    file = path / "items.jsonl" if path.is_dir() else path
    if not is_file(file):
        raise InputError(f"{file} does not exist; a bank is a folder with items.jsonl and card.toml, or a .jsonl file")
    raw = file.read_bytes()
    sha256 = hashlib.sha256(raw).hexdigest()
    name = path.resolve().stem  # that of the folder, also where it is given as "."
    card = _read_card(file.parent / "card.toml", name) if path.is_dir() else BankCard(name=path.stem)
    if card.sha256 and card.sha256 != sha256:
        raise InputError(
            f"{file} has sha256 {sha256}, its card says {card.sha256}; "
            "restore the file, or raise the card's version and write the new sha256 there"
        )
    items = tuple(_read_items(raw, file, card))
    _check_ids(items, str(file))
    bank = Bank(card, items, sha256, file)
    if bank.taxonomy:
        unknown = {value for item in bank.dilemmas for value in item.values} - set(bank.taxonomy.values)
        if unknown:
            raise InputError(
                f"{file} names values that are not in taxonomy {card.taxonomy!r}: {', '.join(sorted(unknown))}"
            )
    return bank


def _toml(value: Any) -> str:
    """A text, a list of texts or a number, as TOML: as JSON, which escapes what TOML refuses to see escaped."""
    value = [*map(sound, value)] if isinstance(value, tuple | list) else sound(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _lines(items: Iterable[Item]) -> bytes:
    return "".join(f"{item.line()}\n" for item in items).encode("utf-8", "backslashreplace")


def _check_ids(items: Sequence[Item], where: str) -> None:
    if not items:
        raise InputError(f"{where} holds no items")
    twice = [id for id, count in Counter(item.id for item in items).items() if count > 1]
    if twice:
        raise InputError(f"{where} has more than one item with id {twice[0]!r}; ids must be unique")


def _read_card(path: Path, name: str) -> BankCard:
    if not path.is_file():
        return BankCard(name=name)
    given = read_toml(path, "a bank's card: title, authors, licence, version")
    texts = {key: str(given[key]) for key in BankCard.__dataclass_fields__ if key in given}
    texts.setdefault("name", name)
    authors = given.get("authors", [])
    default = given.get("default", 0)
    if not isinstance(authors, list) or not isinstance(default, int) or isinstance(default, bool) or default < 0:
        raise InputError(f"{path}: authors must be a list of names and default a whole number")
    return BankCard(**{**texts, "authors": tuple(map(str, authors)), "default": default})


def _read_items(raw: bytes, file: Path, card: BankCard) -> Iterable[Item]:
    for where, given in json_lines(raw, file):
        try:
            yield item_of(given, card.language)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where} is not valid JSON: {error}") from error


def _can_be_a_path(path: Path) -> bool:
    try:
        path.exists()
    except (OSError, ValueError):
        return False
    return "\0" not in str(path)


def installed_banks() -> dict[str, Path | None]:
    """Folders of the banks that this and other installed packages offer, by name; None where the folder is missing."""
    found: dict[str, Path | None] = {}
    for point in sorted(importlib.metadata.entry_points(group="weigh.banks"), key=lambda point: point.name):
        try:
            spec = importlib.util.find_spec(point.value)
        except (ImportError, ValueError):
            spec = None
        folder = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
        found.setdefault(point.name, folder)
    return found


def find_bank(name: str | Path) -> Bank:
    """A bank by path, by the name under which a package offers it, or by that of a published set.

    Raises
    ------
    InputError
        There is neither such a path nor such a name, or a published set is not on this machine.
    """
    from weigh.banks import published

    path = Path(name)
    if not _can_be_a_path(path):
        raise InputError(
            f"no bank {str(name)[:80]!r}: no path has such a name; give a folder or .jsonl file, or a name"
        )
    if path.is_dir() and not (path / "items.jsonl").exists() and (kind := published.kind_of(path)):
        return kind.read(path)
    if path.exists():
        return read_bank(path)
    installed = installed_banks()
    folder = installed.get(str(name))
    if folder is not None:
        return read_bank(folder)
    kinds = published.published_sets()
    plain = str(name).replace("-", "_")
    if plain in kinds:
        return kinds[plain].read(published.folder_of(kinds[plain]))
    near = difflib.get_close_matches(plain, [*installed, *kinds], n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise InputError(
        f"no bank {str(name)!r}: {hint}give a folder or .jsonl file, or one of: {', '.join([*installed, *kinds])}"
    )
