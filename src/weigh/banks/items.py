"""An item of a bank, and the line of JSON that it is read from and written to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, cast, get_args

from weigh.core.errors import InputError
from weigh.core.question import Question

ORIGINAL = "original"
PARAPHRASE = "paraphrase"

Kind = Literal["choice", "control", "outcome", "open"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WITH_OPTIONS = ("choice", "control")


@dataclass(frozen=True)
class Item:
    """A dilemma, a control, an outcome or an open question.

    Parameters
    ----------
    id, situation : str
        Its name and its text; of an outcome the state of the world.
    options : tuple of str
        Two or more for a choice and a control, none for an outcome; an open question has none.
    kind : {"choice", "control", "outcome", "open"}
        Of a control the first option is right; an outcome is compared with other outcomes; an open question is answered
        in free text.
    values : tuple of str
        The value that each option serves; empty where the bank does not say.
    labels : mapping
        Anything else that the bank says of it, JSON-able.
    paraphrase : tuple of (str, tuple of str), optional
        The same situation and options in other words.
    author, family, language, group : str
        Who wrote it, the cluster for standard errors (its id by default), BCP 47 tag, the heading it belongs under.
    """

    id: str
    situation: str
    options: tuple[str, ...] = ()
    kind: Kind = "choice"
    values: tuple[str, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    paraphrase: tuple[str, tuple[str, ...]] | None = None
    author: str = ""
    family: str = ""
    language: str = "en"
    group: str = ""

    def __post_init__(self) -> None:
        if not self.family:
            object.__setattr__(self, "family", self.id)

    @property
    def wordings(self) -> tuple[str, ...]:
        """Names of the wordings that exist."""
        return (ORIGINAL, PARAPHRASE) if self.paraphrase else (ORIGINAL,)

    def question(self, wording: str = ORIGINAL) -> Question:
        """The question in one wording."""
        situation, options = (self.situation, self.options) if wording == ORIGINAL else self._paraphrased()
        return Question.of(
            self.id,
            situation,
            options,
            kind=self.kind if self.kind in WITH_OPTIONS else "open",
            family=self.family,
            language=self.language,
        )

    def line(self) -> str:
        """The item as one line of JSON, which `item_of` reads."""
        given = {f.name: value for f in fields(self) if (value := getattr(self, f.name))}
        if self.paraphrase:
            given["paraphrase"] = {"situation": self.paraphrase[0], "options": self.paraphrase[1]}
        return json.dumps(given, ensure_ascii=False)

    def _paraphrased(self) -> tuple[str, tuple[str, ...]]:
        if self.paraphrase is None:
            raise InputError(f"item {self.id!r} has no paraphrase; ask it in its original wording")
        return self.paraphrase


def item_of(given: Any, language: str = "en") -> Item:
    """The item that a line of a bank holds.

    Parameters
    ----------
    given : mapping
        The line, read from JSON.
    language : str
        BCP 47 tag where the line has none.

    Raises
    ------
    InputError
        A part is missing or of the wrong kind.
    """
    if not isinstance(given, dict):
        raise InputError(f"expected an object with id, situation and options; got {type(given).__name__}")
    kind = given.get("kind") or "choice"
    if kind == "dilemma":
        kind = "choice"
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    needed = ("id", "situation", "options") if kind in WITH_OPTIONS else ("id", "situation")
    for key in needed:
        # a number may be an id, and 0 is the first one
        if given.get(key) in (None, "", [], {}):
            raise InputError(f"{key!r} is missing or empty; a {kind} needs {' and '.join(needed)}")
    labels = given.get("labels") or {}
    for key, value, kinds, expected in (
        ("id", given["id"], str | int, "a text or a whole number"), ("labels", labels, dict, "an object"),
        ("situation", given["situation"], str, "a text"),
    ):  # fmt: skip
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise InputError(f"{key!r} is {value!r:.80}; expected {expected}")
    options = _texts(given.get("options") or (), "options")
    if options and kind not in WITH_OPTIONS:
        raise InputError(f"an item of kind {kind!r} has no options; got {len(options)}")
    values = _texts(given.get("values") or (), "values")
    if values and len(values) != len(options):
        raise InputError(f"{len(options)} options but {len(values)} values; give one value an option")
    if len(set(values)) < len(values):
        raise InputError(f"options serve the same value {values}; a dilemma opposes different ones")
    item = Item(
        id=str(given["id"]),
        situation=given["situation"],
        options=options,
        kind=cast(Kind, kind),
        values=values,
        labels=labels,
        paraphrase=_paraphrase(given.get("paraphrase"), len(options)),
        author=str(given.get("author") or ""),
        family=str(given.get("family") or ""),
        language=str(given.get("language") or language),
        group=str(given.get("group") or ""),
    )
    for wording in item.wordings:
        item.question(wording)
    return item


def _paraphrase(given: Any, n_options: int) -> tuple[str, tuple[str, ...]] | None:
    if not given:
        return None
    if (
        not isinstance(given, dict)
        or not _is_text(given.get("situation"))
        or bool(given.get("options")) != bool(n_options)
    ):
        raise InputError("'paraphrase' must be an object with situation and options")
    reworded = _texts(given.get("options") or (), "paraphrase options")
    if len(reworded) != n_options:
        raise InputError(f"{n_options} options but {len(reworded)} in the paraphrase")
    return given["situation"], reworded


def _is_text(given: Any) -> bool:
    return isinstance(given, str) and bool(given)


def _texts(given: Any, what: str) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(text, str) for text in given):
        raise InputError(f"{what} must be a list of texts; got {given!r:.80}")
    return tuple(given)
