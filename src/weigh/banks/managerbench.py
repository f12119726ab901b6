"""ManagerBench: an agent with an operational goal, one option that serves it, one that is safe but costs.

In the human-harm set the option that serves the goal harms people, and the safe one is right; in the control set it
harms only things, and the option that serves the goal is right. Three models wrote the items, of 11 domains × 4
benefits to the agent × 8 (control: 2) harms. The first option always serves the goal.

The files leave the sizes of benefit and harm open: `filled` puts them in. Published code puts them in as they stand, so
that 6 items read "50/2%" or "50+3%" and 17 miss the percent sign; ours reckons and adds it. `relettered` lets mentions
of "Option A" follow the option when options change places: the published swap leaves most of them, so that of the 610
items in its headline 31 would compare an option with itself and 2 point to the wrong one.

Source: Simhi et al., arXiv:2510.00857; github.com/technion-cs-nlp/ManagerBench at the commit below, read there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.banks.published import PublishedSet
from weigh.core.documents import read_json
from weigh.core.errors import InputError

COMMIT = "9eb2bb604d253dea4dcdc56e14132fb4cd1be2b5"
ADDRESS = f"https://raw.githubusercontent.com/technion-cs-nlp/ManagerBench/{COMMIT}/bench"
CANARY = "7f59a02e-a311-4664-91e8-d61df7ab0ef0"
HUMAN_HARM, CONTROL = "human_harm", "control"
SAFE, PRAGMATIC = 1, 0  #: canonical index of the option that avoids the harm, and of the one that serves the goal
GENERATORS = ("chatgpt", "claude", "gemini")
FULL = {
    f"{generator}_results{end}.json": (generator, kind)
    for end, kind in (("", HUMAN_HARM), ("_f", CONTROL))
    for generator in GENERATORS
}
SAMPLE = "sample_120.json"
EXPECTED = "the items as the set's makers publish them"
SAMPLE_FIELDS = ("generator", "set", "domain", "harm", "ai_benefit", "scenario", "options")

# raters did not confirm harms of these kinds, nor harms in these domains
UNVALIDATED_HARMS = ("Loneliness or isolation", "Loss of job", "Identity theft or financial fraud")
UNVALIDATED_DOMAINS = (
    "Manufacturing and Industry", "Healthcare", "Legal and Justice Systems", "Finance and Banking",
    "Artificial Intelligence (AI)",
)  # fmt: skip

_HEADER = re.compile(r"^[ \t#>*-]*(?i:option)[ \t]+([AB])(?![a-z])(?:\*\*)?[ \t]*:?[ \t]*(?:\*\*)?", re.MULTILINE)
_MENTION = re.compile(r"\b([Oo]ptions?[ \t]+)([AB])\b")
_SIZE = re.compile(r"\{(benefit|harm)_percentage\}(?:([/+])([1-9]\d*))?%?")


def read(folder: Path) -> Bank:
    """Read the six files of the repository, or a sample with the same fields.

    Parameters
    ----------
    folder : Path
        Holds chatgpt_results.json, claude_results.json, gemini_results.json (human harm) and their `_f` (control), or
        `sample_120.json`.

    Returns
    -------
    Bank
        Items of kind "choice" (human harm) and "control"; labels `set`, `generator`, `domain`, `harm`, `ai_benefit`,
        `validated`. An item whose text cannot be split into two options is of kind "open" and labelled `unsplit`.

    Raises
    ------
    InputError
        A file is missing, torn, or holds what is no item.
    """
    there = [name for name in FULL if (folder / name).is_file()]
    if there and len(there) < len(FULL):
        missing = next(name for name in FULL if name not in there)
        raise InputError(f"{folder} has {there[0]} but not {missing}; the set is all of {', '.join(FULL)}")
    if not there and not (folder / SAMPLE).is_file():
        raise InputError(f"{folder} has none of {', '.join(FULL)}, and no {SAMPLE}")
    entries = (entry for name in FULL for entry in _entries(folder / name)) if there else _sample(folder / SAMPLE)
    card = BankCard(
        name="managerbench",
        title="ManagerBench: harm to people against an agent's goal" + ("" if there else " (a sample)"),
        authors=("Adi Simhi and others",),
        licence="MIT",
        version=COMMIT[:8] + ("" if there else "-sample"),
        canary=CANARY,
        source="arXiv:2510.00857, github.com/technion-cs-nlp/ManagerBench",
        method="measure/managerbench",
    )
    return Bank.of(card, [item_of_entry(entry) for entry in entries])


def item_of_entry(entry: dict[str, str]) -> Item:
    """The item that an entry makes.

    Parameters
    ----------
    entry : dict of str
        Keys generator, set, domain, harm, ai_benefit, scenario, options.
    """
    kind, domain, harm = entry["set"], entry["domain"], entry["harm"]
    options = split(entry["options"])
    labels: dict[str, Any] = {name: entry[name] for name in ("set", "generator", "domain", "harm", "ai_benefit")}
    labels["validated"] = is_validated(kind, domain, harm)
    if not options:
        labels["unsplit"] = True
    situation = entry["scenario"].strip()
    return Item(
        id=f"{entry['generator']}/{domain}_{harm}_{entry['ai_benefit']}",
        situation=situation if options else f"{situation}\n\n{entry['options'].strip()}",
        options=options,
        kind="open" if not options else "control" if kind == CONTROL else "choice",
        labels=labels,
        author=entry["generator"],
        family=f"{domain}, {harm}",
        group=domain,
    )


def is_validated(kind: str, domain: str, harm: str) -> bool:
    """Whether an item counts in the published headline: raters confirmed harm of its kind, or it is a control."""
    return kind == CONTROL or not (harm in UNVALIDATED_HARMS or domain in UNVALIDATED_DOMAINS)


def split(text: str) -> tuple[str, ...]:
    """The texts of option A and option B, without their headers; () where they cannot be told apart.

    Parameters
    ----------
    text : str
        Holds one header for each, at the beginning of a line, A's first.

    Examples
    --------
    >>> split("**Option A:** Go on.\\n\\n**Option B: Wait**\\nStop for a week.")
    ('Go on.', '**Wait**\\nStop for a week.')
    """
    headers = list(_HEADER.finditer(text))
    if [header[1] for header in headers] != ["A", "B"]:
        return ()
    ends = (headers[1].start(), len(text))
    # a header that is part of a bold title leaves its title bold
    bold = ["**" if header[0].count("**") % 2 else "" for header in headers]
    bodies = [text[header.end() : end].strip() for header, end in zip(headers, ends, strict=True)]
    options = tuple(start + body for start, body in zip(bold, bodies, strict=True))
    return options if all(bodies) and options[0] != options[1] else ()


def filled(text: str, *, benefit: float, harm: float) -> str:
    """The text with the sizes of benefit and harm put in, in percent.

    Parameters
    ----------
    text : str
        With placeholders {benefit_percentage} and {harm_percentage}, also followed by "/2" or "+3".
    benefit, harm : float
        In percent.

    Examples
    --------
    >>> filled("{benefit_percentage}/4% more, {harm_percentage}% at risk", benefit=50, harm=5)
    '12.5% more, 5% at risk'
    """
    sizes = {"benefit": benefit, "harm": harm}

    def reckoned(found: re.Match[str]) -> str:
        size, by = sizes[found[1]], float(found[3] or 0)
        return f"{size / by if found[2] == '/' else size + by:g}%"

    return _SIZE.sub(reckoned, text)


def relettered(text: str) -> str:
    """The text with "Option A" and "Option B" exchanged, for options that have changed places.

    Examples
    --------
    >>> relettered("cheaper than Option A")
    'cheaper than Option B'
    """
    return _MENTION.sub(lambda found: found[1] + {"A": "B", "B": "A"}[found[2]], text)


def _entries(file: Path) -> Iterator[dict[str, str]]:
    generator, kind = FULL[file.name]
    for number, entry in enumerate(_list(read_json(file, EXPECTED), file), start=1):
        if not isinstance(entry, list) or len(entry) != 3 or not all(isinstance(part, str) for part in entry):
            raise InputError(
                f"{file}, entry {number}: expected three texts (scenario, options, key); got {entry!r:.80}"
            )
        key = entry[2].split("_")
        if len(key) != 3:
            raise InputError(f"{file}, entry {number}: the key is {entry[2]!r}; expected domain_harm_benefit")
        yield dict(zip(SAMPLE_FIELDS, (generator, kind, *key, *entry[:2]), strict=True))


def _sample(file: Path) -> Iterator[dict[str, str]]:
    given = read_json(file, EXPECTED)
    for number, entry in enumerate(_list(given.get("items") if isinstance(given, dict) else None, file), start=1):
        wrong = [part for part in SAMPLE_FIELDS if not isinstance(entry, dict) or not isinstance(entry.get(part), str)]
        if wrong:
            raise InputError(f"{file}, entry {number}: {wrong[0]!r} is missing or no text")
        if entry["set"] not in (HUMAN_HARM, CONTROL):
            raise InputError(f"{file}, entry {number}: set is {entry['set']!r}; expected {HUMAN_HARM} or {CONTROL}")
        yield {part: entry[part] for part in SAMPLE_FIELDS}


def _list(given: Any, file: Path) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise InputError(f"{file} holds no list of items; it is torn, or another file")
    return given


SET = PublishedSet(
    name="managerbench",
    title="ManagerBench",
    files={name: f"{ADDRESS}/{name}" for name in (*FULL, "canary.txt")},
    needed=(tuple(FULL), (SAMPLE,)),
    licence="MIT; benchmark data that must not enter training corpora",
    read=read,
    canary=CANARY,
    sha256={
        "chatgpt_results.json": "2e3ae78ec0e4447c37c69774c8892d73c96cff82e4f283f0a75a89c2c3839c3f",
        "chatgpt_results_f.json": "1e58a1534b31fb21d271d5f567abdca5d35feac70eccbc128cf4f17eb586044e",
        "claude_results.json": "6ac330ee5acbd962c4307175287a01e5deffd19fe75946cb8f790ffea2fb260c",
        "claude_results_f.json": "6203d5f53bbef9f4ab4501743b106165987b18345ec4ebb812f7dae3fbd9b283",
        "gemini_results.json": "817cce9cc24f3ff40e8a60c781a337a53610de1330bcb7d566f0dab1f8ea59fa",
        "gemini_results_f.json": "5b2d3aeed48e9da29849406e0ecf9403dfdbcb2134fea299e3db0a076d0dcdd8",
        "canary.txt": "046ed59a7ebc5bbaa8259f4edca5f6d845f7060a394e8af35a6adabb5d32eb24",
    },
)
