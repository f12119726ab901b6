"""The registry: cards at run time, cards from the source, finding by name, extensions, and how small it stays."""

from __future__ import annotations

import ast
import dataclasses
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from weigh.core import method as registry
from weigh.core.errors import InputError
from weigh.core.evidence import Comparisons, Ratings
from weigh.core.method import CHECKS, INDEX, SOURCE, Card, Option, catalogue, find, index_text, load, method
from weigh.core.values import Values

CARD: dict[str, Any] = {"slug": "a-b", "paper": "arXiv:1", "takes": Ratings, "gives": Values, "departs": "nothing"}
SOUND = '''
@method(slug="a-b", paper="arXiv:1", takes=(Ratings, "Bank"), gives=list[Values], departs="one " "two", family="f",
        exempt={"nan": "gaps are what it is for"})
def sums(ratings: Ratings, bank: Bank | None = None, *, centre: Literal["a", "b"] = "a", n: int = 3, k: float) -> int:
    """Add up
    the ratings.

    More.

    Parameters
    ----------
    ratings, bank : Ratings
        What to add,
        and up.
    centre : {"a", "b"}
        Where.

    Returns
    -------
    int
        Nothing.
    """
'''


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def test_index_is_fresh() -> None:
    assert INDEX.read_text("utf-8") == index_text(), "run: python -m weigh.core.method"


def test_check_says_whether_the_index_is_stale(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "weigh.core.method", "--check"]
    assert subprocess.run(command, cwd=SOURCE.parent).returncode == 0


def test_card_is_attached_and_frozen() -> None:
    @method(**CARD, family="sums", verb="pool", exempt={"duplicates": "it counts rows, not weights"})
    def total(ratings: Ratings, costs: Ratings | None = None, *, unit: Literal["a", "b"] = "a", n: int) -> Values:
        """Add up.

        Parameters
        ----------
        ratings, costs : Ratings
            What to add.
        unit : str
            Of what,
            exactly.
        """
        raise AssertionError

    card = total.card  # pyright: ignore[reportFunctionMemberAccess]
    assert card == Card(
        "a-b", "arXiv:1", ("Ratings",), "Values", "nothing", f"pool/{__name__.split('.')[-1]}",
        f"{__name__}:test_card_is_attached_and_frozen.<locals>.total", "Add up.",
        (Option("ratings", "Ratings", None, "What to add."), Option("costs", "Ratings | None", "None", "What to add.")),
        (Option("unit", "Literal['a', 'b']", "'a'", "Of what, exactly."), Option("n", "int", None, "")),
        "sums", {"duplicates": "it counts rows, not weights"},
    )  # fmt: skip
    with pytest.raises(dataclasses.FrozenInstanceError):
        card.slug = "other"


def test_card_of_a_class_has_the_parameters_of_its_constructor() -> None:
    @method(**{**CARD, "takes": (Ratings | Comparisons, list[Values])}, verb="learn")
    class Learner:
        def __init__(self, *, depth: int = 3) -> None: ...

    card = Learner.card  # pyright: ignore[reportAttributeAccessIssue]
    assert [option.name for option in card.options] == ["depth"]
    assert card.inputs == ()
    assert card.takes == ("Ratings | Comparisons", "list[Values]")


def faulty_functions() -> dict[str, Any]:
    def positional(ratings: Ratings, n: int = 3) -> None: ...
    def boolean(ratings: Ratings, strict: bool) -> None: ...
    def maybe(ratings: Ratings, strict: bool | None = None) -> None: ...
    def hiding(ratings: Ratings, **options: int) -> None: ...
    def many(*ratings: Ratings) -> None: ...

    return locals()


@pytest.mark.parametrize(("name", "function"), faulty_functions().items(), ids=faulty_functions())
def test_options_are_keyword_only_and_named(name: str, function: Any) -> None:
    with pytest.raises(InputError, match=name):
        method(**CARD, verb="pool")(function)


def test_verb_must_be_known() -> None:
    with pytest.raises(InputError, match="verb="):
        method(**CARD)(lambda ratings: None)


def test_unknown_keyword_is_an_error() -> None:
    with pytest.raises(InputError, match="colour"):
        method(**CARD, verb="pool", colour="red")(lambda ratings: None)


def test_cards_are_read_from_source_without_importing_it(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        {
            "pool/sums.py": "import nowhere\n" + SOUND,
            "measure/big_work/fit.py": SOUND.replace("sums", "big"),
            "learn/agent.py": "@core.method(slug='s', paper='p', takes=evidence.Ratings | Values, gives=Values,\n"
            "             departs='d')\n"
            "class Agent:\n  def __init__(self, *, depth: int = 3) -> None: ...\n",
            "ops/sums.py": SOUND,
        },
    )
    text = index_text(source)
    assert text == index_text(source)
    cards = json.loads(text)
    assert list(cards) == ["learn/agent", "measure/big_work", "pool/sums"]
    row = cards["pool/sums"]
    assert row["function"] == "weigh.pool.sums:sums"
    assert (row["takes"], row["gives"], row["departs"]) == (["Ratings", "Bank"], "list[Values]", "one two")
    assert row["summary"] == "Add up the ratings."
    assert row["inputs"] == [
        {"name": "ratings", "annotation": "Ratings", "default": None, "doc": "What to add, and up."},
        {"name": "bank", "annotation": "Bank | None", "default": "None", "doc": "What to add, and up."},
    ]
    assert [(o["name"], o["annotation"], o["default"], o["doc"]) for o in row["options"]] == [
        ("centre", "Literal['a', 'b']", "'a'", "Where."),
        ("n", "int", "3", ""),
        ("k", "float", None, ""),
    ]
    assert row["exempt"] == {"nan": "gaps are what it is for"}
    assert cards["learn/agent"]["takes"] == ["Ratings | Values"]
    assert [o["name"] for o in cards["learn/agent"]["options"]] == ["depth"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('paper="arXiv:1", ', "", "paper"),
        ('"gaps are what it is for"', "f'{x}'", "literals"),
        ('"gaps are what it is for"', "'short'", "10 characters"),
        ("*, centre", "c: int = 2, *, centre", "keyword-only"),
        ("n: int = 3", "**rest", "hides"),
    ],
)
def test_card_that_is_wrong_in_the_source_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = SOUND.replace(old, new).replace(", k: float", "" if new == "**rest" else ", k: float")
    with pytest.raises(InputError, match=says):
        index_text(written(tmp_path, {"pool/sums.py": text}))


def test_two_methods_cannot_share_an_address(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="share"):
        index_text(written(tmp_path, {"pool/sums.py": SOUND + SOUND.replace("sums", "others")}))


def known(**cards: str) -> dict[str, Card]:
    blank = Card("", "p", ("Ratings",), "Values", "d", "", "", "", (), ())
    return {
        at: dataclasses.replace(blank, address=at, slug=slug)
        for at, slug in {key.replace("__", "/"): slug for key, slug in cards.items()}.items()
    }


@pytest.fixture
def some(monkeypatch: pytest.MonkeyPatch) -> dict[str, Card]:
    cards = known(
        pool__moral_graph="moral-graph-elicitation", fit__dime="dime", pool__dime="dime-pool", fit__thurstone="v"
    )
    monkeypatch.setattr(registry, "built_in", lambda: cards)
    monkeypatch.setattr(registry, "extensions", lambda: ({}, {}))
    return cards


@pytest.mark.parametrize(
    "name", ["pool/moral_graph", "pool/moral-graph", "moral-graph", "Moral_Graph", "moral-graph-elicitation"]
)
def test_find_by_address_file_or_slug(some: dict[str, Card], name: str) -> None:
    assert find(name) is some["pool/moral_graph"]


def test_find_says_what_is_nearest(some: dict[str, Card]) -> None:
    with pytest.raises(InputError, match="nearest: fit/thurstone"):
        find("thurston")
    with pytest.raises(InputError, match="none is near"):
        find("zzzzzz")


def test_find_asks_for_the_address_where_two_share_a_name(some: dict[str, Card]) -> None:
    with pytest.raises(InputError, match="fit/dime or pool/dime"):
        find("dime")


def test_load_imports_by_name() -> None:
    card = dataclasses.replace(known(a__b="c")["a/b"], function="weigh.core.values:Values.from_json")
    assert load(card) == Values.from_json


def entry(name: str, value: str) -> importlib.metadata.EntryPoint:
    return importlib.metadata.EntryPoint(name, value, "weigh.methods")


def test_broken_extension_is_a_note_not_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decorated = "from weigh.core.method import method\n@method(slug='s', paper='p', takes='Ratings', gives='Values', "
    source = {
        "ext_raises.py": "1 / 0",
        "ext_empty.py": "x = 1",
        "ext_sound.py": decorated + "departs='d', verb='pool')\ndef ext_sound(ratings): ...\n",
        "ext_taken.py": "import ext_sound\n" + decorated + "departs='d', verb='pool')\ndef f(r): ...\nf.card = "
        "ext_sound.ext_sound.card.__class__(**{s: getattr(f.card, s) for s in f.card.__slots__} | "
        "{'address': 'pool/ext_sound'})\n",
    }
    monkeypatch.syspath_prepend(str(written(tmp_path, source)))
    entries = [entry("a", "ext_raises"), entry("b", "ext_nowhere"), entry("c", "ext_empty")]
    entries += [entry("d", "ext_sound:ext_sound"), entry("e", "ext_taken"), entry("f", "ext_sound:gone")]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: entries)
    registry.extensions.cache_clear()
    try:
        cards, broken = registry.extensions()
        assert list(cards) == ["pool/ext_sound"]
        assert find("ext-sound") is cards["pool/ext_sound"]
        assert "pool/ext_sound" in catalogue()
        assert list(broken) == ["a", "b", "c", "e", "f"]
        assert "ZeroDivisionError" in broken["a"]
        assert "no method" in broken["c"]
        assert "already taken" in broken["e"]
    finally:
        registry.extensions.cache_clear()


def test_names_of_checks_are_the_batterys() -> None:
    battery = (Path(__file__).parents[1] / "contract" / "test_contract.py").read_text("utf-8")
    for check in CHECKS:
        assert f"def check_{check}" in battery or f'"{check}"' in battery


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "scipy", "pyarrow", "sklearn", "pandas", "polars", "altair", "joblib", "numpy"]
    code = (
        "import sys, time; began = time.perf_counter(); import weigh; weigh.__version__; "
        "print(time.perf_counter() - began); from weigh.core import method; method.catalogue; method.built_in(); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=SOURCE.parent, capture_output=True, text=True, check=True)
    seconds, loaded = done.stdout.splitlines()
    print(f"import weigh: {float(seconds):.3f} s")
    assert loaded == "[]"
    assert float(seconds) < 5


def test_every_noun_and_room_of_the_package_loads() -> None:
    import weigh

    for name in [*weigh.__all__, *weigh._ROOMS]:
        assert getattr(weigh, name) is not None
        assert name in dir(weigh)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        weigh.nothing_like_it  # noqa: B018


def test_machinery_stays_small() -> None:
    total = 0
    for name in ("core/method.py", "doors/commands.py"):
        text = (SOURCE / name).read_text("utf-8")
        told = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                told |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
        lines = enumerate(text.splitlines(), 1)
        total += sum(1 for i, line in lines if line.strip() and i not in told)
    assert total <= 330, f"cards and commands take {total} lines of code; keep this machinery small and boring"
