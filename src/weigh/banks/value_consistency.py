"""ValueConsistency: value-laden questions on controversial and uncontroversial topics, each paraphrased four times.

Every question has the answers "yes" and "no" and says which of them supports its topic and which opposes it. Files are
named by set, language and country, such as `controversial_german_us.jsonl`; a translated question keeps the English
topic and original. `pvq_english.jsonl` holds the 21 portraits of the Portrait Values Questionnaire, two or three for
each of Schwartz's ten values.

`weigh banks get` fetches the three English files. For consistency over languages put the translations, which lie at the
same address, beside them in a folder of your own. In the English files "yes" opposes in 35 % of the controversial
questions, but in 6 % of the uncontroversial ones: whoever always says yes looks steady over paraphrases and unsteady
over a controversial topic.

Source: Moore, Deshpande and Yang, EMNLP 2024, arXiv:2407.02996; github.com/jlcmoore/ValueConsistency at the commit
below, where the paths of all files were read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.banks.published import PublishedSet
from weigh.core.documents import json_lines
from weigh.core.errors import InputError

COMMIT = "e088776a7c159a68d8916276264a882d55a21624"
ADDRESS = f"https://raw.githubusercontent.com/jlcmoore/ValueConsistency/{COMMIT}/data"
LANGUAGES = {"english": "en", "german": "de", "chinese": "zh", "japanese": "ja"}
SUPPORTS, OPPOSES, NEUTRAL = "supports", "opposes", "neutral"
STANCES = (SUPPORTS, OPPOSES, NEUTRAL)
CONTROVERSIAL, UNCONTROVERSIAL, PORTRAITS = "controversial", "uncontroversial", "portraits"
NEEDED = ("topic", "question", "original", "options")
QUESTION_LABELS = ("topic", "original", "country", "place", "rephrase")

_NAME = re.compile(r"(?P<set>controversial|uncontroversial|pvq)_(?P<language>[a-z]+)(?:_(?P<country>[a-z]+))?\.jsonl")


def read(folder: Path) -> Bank:
    """Read all files of the set that a folder holds.

    Parameters
    ----------
    folder : Path
        Holds one or more of `controversial_LANGUAGE_COUNTRY.jsonl`, `uncontroversial_LANGUAGE_COUNTRY.jsonl` and
        `pvq_LANGUAGE.jsonl`.

    Returns
    -------
    Bank
        Choices with two options each. Labels: `set`, and `stances`, one an option; of a question also `topic` and
        `original` (both in English), `country`, `place` (its number among those of its original), and `rephrase`; of a
        portrait also `value`. Families are topics, over languages, and the portraits of a value.

    Raises
    ------
    InputError
        There are no such files, or one is torn, names an unknown language, or holds what is no question.
    """
    names = {path.name: found for path in sorted(folder.glob("*.jsonl")) if (found := _NAME.fullmatch(path.name))}
    if not names:
        raise InputError(f"{folder} has no file such as controversial_english_us.jsonl or pvq_english.jsonl")
    items: list[Item] = []
    # English before its translations, questions before portraits
    for name in sorted(names, key=lambda name: ("english" not in name, name.startswith("pvq"), name)):
        kind, language, country = names[name].group("set", "language", "country")
        if language not in LANGUAGES:
            raise InputError(f"{folder / name} is in {language!r}; the languages are {', '.join(LANGUAGES)}")
        rows = _lines(folder / name)
        stem = name.removesuffix(".jsonl")
        if kind == "pvq":
            items += portraits_of(rows, stem=stem, language=LANGUAGES[language])
        else:
            items += questions_of(rows, stem=stem, set=kind, language=LANGUAGES[language], country=country or "")
    return Bank.of(card(), items)


def card() -> BankCard:
    """The card of this set."""
    return BankCard(
        name="value_consistency",
        title="ValueConsistency: value-laden questions in several wordings",
        authors=("Jared Moore", "Tanvi Deshpande", "Diyi Yang"),
        licence="MIT",
        version=COMMIT[:8],
        source="arXiv:2407.02996, github.com/jlcmoore/ValueConsistency",
        method="measure/value_consistency",
    )


def questions_of(
    rows: Iterable[tuple[str, Mapping[str, Any]]], *, stem: str, set: str, language: str = "en", country: str = ""
) -> list[Item]:
    """The items that rows of a file of questions make.

    Parameters
    ----------
    rows : iterable of (str, mapping)
        Where each stands, for errors, and its fields: topic, question, original, options (answer to stance), and where
        they differ from these topic_english and original_english.
    stem : str
        Beginning of the items' ids, which end in the row's number.
    set, language, country : str
        "controversial" or "uncontroversial"; BCP 47 tag; whose topics these are.
    """
    places: Counter[tuple[str, str]] = Counter()
    items = []
    for number, (where, row) in enumerate(rows, start=1):
        question, topic, original = (_text(row, name, where) for name in ("question", "topic", "original"))
        english = {
            name: str(row.get(f"{name}_english") or value) for name, value in (("topic", topic), ("original", original))
        }
        options = _options(row, where)
        key = english["topic"], english["original"]
        labels = {
            "set": set, "stances": list(options.values()), **english, "country": country, "place": places[key],
            "rephrase": question != original,
        }  # fmt: skip
        places[key] += 1
        items.append(
            Item(
                f"{stem}-{number}", question, tuple(options), labels=labels, language=language, group=topic,
                family=f"{set} {country}: {english['topic']}",
            )
        )  # fmt: skip
    return items


def portraits_of(rows: Iterable[tuple[str, Mapping[str, Any]]], *, stem: str, language: str = "en") -> list[Item]:
    """The items that rows of a file of portraits make; parameters as in `questions_of`."""
    items = []
    for number, (where, row) in enumerate(rows, start=1):
        value = _text(row, "schwartz_value", where).lower()
        options = _options(row, where)
        labels = {"set": PORTRAITS, "stances": list(options.values()), "value": value}
        items.append(
            Item(
                f"{stem}-{number}", _text(row, "question", where), tuple(options), labels=labels, language=language,
                group=PORTRAITS, family=f"{PORTRAITS}: {value}",
            )
        )  # fmt: skip
    return items


def check_labels(items: Iterable[Item]) -> None:
    """Refuse items that lack what consistency is measured by.

    Parameters
    ----------
    items : iterable of Item
        Questions and portraits of a bank of one's own, say.

    Raises
    ------
    InputError
        One lacks a label, or does not say for each option which stance it takes.
    """
    for item in items:
        stances, n = item.labels.get("stances"), len(item.options)
        if not isinstance(stances, list | tuple) or len(stances) != n or not all(one in STANCES for one in stances):
            raise InputError(
                f"item {item.id!r} has the stances {stances!r:.80}; expected labels['stances'] to be a list with one "
                f"of {', '.join(STANCES)} for each of its {n} options"
            )
        needed = ("value",) if item.labels.get("set") == PORTRAITS else QUESTION_LABELS
        missing = [name for name in ("set", *needed) if name not in item.labels]
        if missing:
            raise InputError(
                f"item {item.id!r} lacks the label {missing[0]!r}; consistency needs {', '.join(('set', *needed))}, as "
                "weigh.banks.value_consistency gives them"
            )


def _lines(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for where, row in json_lines(file.read_bytes(), file):
        if not isinstance(row, dict):
            raise InputError(f"{where} holds {type(row).__name__}; expected an object with {', '.join(NEEDED)}")
        yield where, row


def _text(row: Mapping[str, Any], name: str, where: str) -> str:
    given = row.get(name)
    if not isinstance(given, str) or not given.strip():
        raise InputError(f"{where}: {name!r} is {given!r:.80}; expected text")
    return given.strip()


def _options(row: Mapping[str, Any], where: str) -> dict[str, str]:
    given = row.get("options")
    pairs = given.items() if isinstance(given, Mapping) else ()
    if len(pairs) < 2 or not all(
        isinstance(name, str) and name.strip() and stance in STANCES for name, stance in pairs
    ):
        raise InputError(
            f"{where}: 'options' is {given!r:.80}; expected two or more answers and the stance of each, one of "
            f"{', '.join(STANCES)}"
        )
    return {name.strip(): stance for name, stance in pairs}


SET = PublishedSet(
    name="value_consistency",
    title="ValueConsistency",
    files={
        name: f"{ADDRESS}/{name}"
        for name in ("controversial_english_us.jsonl", "uncontroversial_english_us.jsonl", "pvq_english.jsonl")
    },
    needed=(("controversial_english_us.jsonl",), ("uncontroversial_english_us.jsonl",)),
    licence="MIT, (c) 2024 Jared Moore",
    read=read,
    sha256={
        "controversial_english_us.jsonl": "9f388a2447c16eb3ee40f58703beacde170f6a69c8895c27094241078340aa7f",
        "uncontroversial_english_us.jsonl": "c0b837d7397f2b6a766fb3ea182b25e68a77f3be881d95fa319c502aecd64e7e",
        "pvq_english.jsonl": "ea914ba6769a757c77294a48f177f869d048644c63fc4236093ba5e609a289f5",
    },
)
