"""Method cards, and the catalogue that is read from them.

A card says what a method takes, gives and departs from. `@method` attaches it; the cards of this package are also read
from the source into `catalogue.json`, so that the command line and worker processes find a method by its name and
import nothing heavy. Other packages add theirs by the entry-point group `weigh.methods`, whose value is a module or
`module:function`. After a card has changed: `python -m weigh.core.method` (a test keeps the file fresh).
"""

from __future__ import annotations

import ast
import difflib
import functools
import importlib
import importlib.metadata
import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import GenericAlias
from typing import Any, TypeVar

from weigh.core.errors import InputError

VERBS = ("measure", "fit", "pool", "credit", "learn", "train", "guide", "decide")
CHECKS = ("seed", "relabel", "duplicates", "empty", "one_item", "one_class", "nan", "saved", "workers")
SOURCE = Path(__file__).parents[1]
INDEX = SOURCE / "catalogue.json"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter of a method, as text; `default` is None where it must be given."""

    name: str
    annotation: str
    default: str | None
    doc: str


@dataclass(frozen=True, slots=True)
class Card:
    """What the catalogue knows of a method; `inputs` are its positional, `options` its keyword-only parameters."""

    slug: str
    paper: str
    takes: tuple[str, ...]
    gives: str
    departs: str
    address: str
    function: str
    summary: str
    inputs: tuple[Option, ...]
    options: tuple[Option, ...]
    family: str = ""
    exempt: Mapping[str, str] = field(default_factory=dict)


def method(*, slug: str, paper: str, takes: Any, gives: Any, departs: str, **rest: Any) -> Callable[[F], F]:
    """Attach a card, as `.card`, to a method's function or class.

    Parameters
    ----------
    slug, paper, departs : str
        The system's slug, its source, and where ours departs from it and why ("nothing" is an answer).
    takes, gives : type, str or tuple of them
        Types of the inputs and of the result.
    **rest
        `family`, a heading to list it under; `exempt`, a mapping of contract checks (`CHECKS`) that do not hold to the
        reason, in ten characters or more; `verb`, for packages that have no folder named after it.

    Raises
    ------
    InputError
        An option or a boolean is positional, `**` hides options, an exemption is unknown or has no reason, or nothing
        says which verb this is.
    """

    def attach(target: F) -> F:
        parameters = []
        for p in inspect.signature(target).parameters.values():
            annotation = "" if p.annotation is p.empty else p.annotation
            text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
            default = None if p.default is p.empty else getattr(p.default, "__name__", repr(p.default))
            parameters.append((p.name, text, default, p.kind.description))
        keywords = {"slug": slug, "paper": paper, "takes": takes, "gives": gives, "departs": departs, **rest}
        card = _card(target.__module__, target.__qualname__, target.__doc__, parameters, keywords)
        target.card = card  # pyright: ignore[reportFunctionMemberAccess]
        return target

    return attach


def catalogue() -> dict[str, Card]:
    """All cards by address: this package's from the committed index, and those of installed extensions."""
    return dict(sorted({**extensions()[0], **built_in()}.items()))


@functools.cache
def built_in() -> Mapping[str, Card]:
    """This package's cards by address, from the committed index; imports nothing."""
    rows = json.loads(INDEX.read_text("utf-8")).items()
    parts = ("inputs", "options")
    read = {at: {part: tuple(Option(**option) for option in row[part]) for part in parts} for at, row in rows}
    return {at: Card(**{**row, "takes": tuple(row["takes"]), **read[at]}) for at, row in rows}


def is_extended() -> bool:
    """Whether any installed package says that it brings methods."""
    return bool(importlib.metadata.entry_points(group="weigh.methods"))


@functools.cache
def extensions() -> tuple[Mapping[str, Card], Mapping[str, str]]:
    """Cards of installed extensions by address (this imports them), and by name what is wrong with the broken ones."""
    cards, broken = {}, {}
    for entry in sorted(importlib.metadata.entry_points(group="weigh.methods"), key=lambda entry: entry.name):
        try:
            things = vars(importlib.import_module(entry.module)).values() if not entry.attr else [entry.load()]
            mine = re.compile(rf"{re.escape(entry.module.split('.')[0])}[.:]")  # not what it imports from elsewhere
            found = [card for thing in things if isinstance(card := getattr(thing, "card", None), Card)]
            found = [card for card in found if mine.match(card.function)]
            taken = [card.address for card in found if card.address in built_in() or card.address in cards]
            if taken or not found:
                raise InputError(f"{taken[0]} is already taken" if taken else "it has no method")
            cards |= {card.address: card for card in found}
        except Exception as error:  # somebody else's code: whatever it raises must not take our commands down
            broken[entry.name] = f"{entry.value} cannot be used: {type(error).__name__}: {error}"
    return cards, broken


def find(name: str) -> Card:
    """The card with this address ("pool/moral_graph"), file name ("moral-graph") or slug.

    Raises
    ------
    InputError
        No method, or more than one, has this name; the message lists the nearest.
    """
    wanted, known = _plain(name), {}
    for cards in (built_in, catalogue):  # extensions are imported only for a name that is not ours
        for name_of in (lambda card: card.address, lambda card: card.address.split("/")[1], lambda card: card.slug):
            found = [card.address for card in cards().values() if _plain(name_of(card)) == wanted]
            if len(found) == 1:
                return cards()[found[0]]
            if found:
                raise InputError(f"{name!r} may mean {' or '.join(found)}; give one of these")
            known |= {_plain(name_of(card)): card.address for card in cards().values()}
    near = dict.fromkeys(known[key] for key in difflib.get_close_matches(wanted, known, n=5, cutoff=0.5))
    raise InputError(f"no method is called {name!r}; " + (f"nearest: {', '.join(near)}" if near else "none is near"))


def load(card: Card) -> Callable[..., Any]:
    """The function or class itself, imported by its name."""
    module, _, qualname = card.function.partition(":")
    return functools.reduce(getattr, qualname.split("."), importlib.import_module(module))


def index_text(source: Path = SOURCE) -> str:
    """What `catalogue.json` must hold, read from the text of the verbs' folders; nothing is imported."""
    cards: dict[str, Card] = {}
    for path in (path for verb in VERBS for path in (source / verb).rglob("*.py")):
        module = ".".join(["weigh", *path.relative_to(source).with_suffix("").parts]).removesuffix(".__init__")
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "method":
                    keywords = {str(keyword.arg): _literal(keyword.value) for keyword in call.keywords}
                    card = _card(module, node.name, ast.get_docstring(node), _parameters(node), keywords)
                    if card.address in cards:
                        raise InputError(f"{card.function} and {cards[card.address].function} share one address")
                    cards[card.address] = card
    rows = {address: asdict(card) for address, card in sorted(cards.items())}
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _card(module: str, qualname: str, doc: str | None, parameters: list, keywords: dict[str, Any]) -> Card:
    name, doc, docs, named = f"{module}:{qualname}", inspect.cleandoc(doc or ""), {}, []
    for line in doc.partition("\nParameters\n---")[2].partition("\n---")[0].splitlines()[1:]:
        if line[:1].strip():
            named = [part.strip(" *") for part in line.partition(" :")[0].split(",")]
        docs |= {one: f"{docs.get(one, '')} {line.strip()}".strip() for one in named if line[:1].isspace()}
    rows = {True: [], False: []}
    for parameter, annotation, default, kind in parameters:
        rows[kind == "keyword-only"].append(Option(parameter, annotation, default, docs.get(parameter, "")))
        if "variadic" in kind:
            raise InputError(f"{name}: *{parameter} hides what it takes; name every input and option")
        if kind != "keyword-only" and ("bool" in annotation.split(" | ") or default not in (None, "None")):
            raise InputError(f"{name}: {parameter!r} is an option, so put `*` before it: options are keyword-only")
    for check, reason in keywords.get("exempt", {}).items():
        if check not in CHECKS or len(reason.strip()) < 10:
            raise InputError(f"{name}: {check!r} is exempt for {reason!r}; need one of {CHECKS} and 10 characters")
    parts, verb = module.split("."), keywords.pop("verb", "")
    at = next((i for i, part in enumerate(parts[:-1]) if part in VERBS), None)
    if verb not in VERBS and at is None:
        raise InputError(f"{name}: nothing says which verb this is; add verb=, one of {', '.join(VERBS)}")
    takes = keywords.get("takes")
    takes = takes if isinstance(takes, tuple) else (takes,)
    keywords = {**keywords, "takes": tuple(map(_type_name, takes)), "gives": _type_name(keywords.get("gives"))}
    keywords |= {"inputs": tuple(rows[False]), "options": tuple(rows[True]), "function": name}
    keywords |= {"summary": " ".join(doc.partition("\n\n")[0].split())}
    try:
        return Card(**keywords, address=f"{verb}/{parts[-1]}" if at is None else f"{parts[at]}/{parts[at + 1]}")
    except TypeError as error:
        raise InputError(f"{name}: its card is not complete: {error}") from None


def _parameters(node: Any) -> list[tuple[str, str, str | None, str]]:
    inits = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    is_class = isinstance(node, ast.ClassDef)
    if is_class and not inits:
        return []
    given: ast.arguments = (inits[0] if is_class else node).args
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + given.defaults
    rows = [(a, d, "positional") for a, d in zip(positional, defaults, strict=True)][is_class:]
    rows += [(a, d, "keyword-only") for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    rows += [(a, None, "variadic") for a in (given.vararg, given.kwarg) if a]
    return [(a.arg, _text(a.annotation) or "", _text(d), kind) for a, d, kind in rows]


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


def _text(node: ast.expr | None) -> str | None:
    return None if node is None else ast.unparse(node)


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.BinOp):
        return re.sub(r"\w+\.", "", ast.unparse(node))
    if isinstance(node, ast.Tuple):
        return tuple(map(_literal, node.elts))
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise InputError(
            f"a card holds {ast.unparse(node)!r}; literals and names only, as it is read as text"
        ) from error


def _type_name(kind: Any) -> str:
    if isinstance(kind, type) and not isinstance(kind, GenericAlias):
        return kind.__name__
    return kind if isinstance(kind, str) else re.sub(r"\w+\.", "", str(kind))


if __name__ == "__main__":
    fresh = index_text()
    if "--check" in sys.argv[1:]:
        stale = not INDEX.is_file() or INDEX.read_text("utf-8") != fresh
        sys.exit("catalogue.json is stale; run: python -m weigh.core.method" if stale else 0)
    INDEX.write_text(fresh, "utf-8")
