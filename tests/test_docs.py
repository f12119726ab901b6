"""What README and docs show is run here, so that it stays true.

The conventions, which a reader of the pages can see:

- a block under a line that ends in a file's name and a colon (`` `me.py`: ``) is that file;
- other `python` blocks run one after the other, and functions in them that are named `test_…` are called;
- in `console` blocks each command is run; what is shown below it must be part of what it prints, piece by piece
  between the ellipses; it must exit with 0, unless `$ echo $?` below it shows another code;
- `# needs …` behind a command tells the reader what it takes. Here something stands in for it (`stand_ins.py`): the
  suite's own server, a model of almost no size, Inspect's `mockllm`, the reference data where they lie beside the
  project. The embedded model answers where it is installed; where no output is shown it is asked a few questions only,
  and numbers of its that are shown may differ by .02, as processors round differently.
- what cannot be had is left out, and the page's test says so; what is never run stands in `stand_ins.NOT_RUN`.
"""

from __future__ import annotations

import doctest
import importlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from weigh.core.method import built_in
from weigh.doors.cli import main

sys.path.append(str(Path(__file__).parent))
from stand_ins import (
    NOT_RUN,
    LeftOut,
    StandIns,
    agrees,
    embedded_model,
    looked_at,
    reason_not_to_run,
    server,
    with_toy,
)

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SRC = ROOT / "src" / "weigh"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("[ait]*/*.md"))]
# made from the cards when the docs are built
PAGES = [page for page in PAGES if page.name != "catalogue.md"]
FENCE = re.compile(r"^```(?P<kind>\S+)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w./-]+\.\w+)`:\s*$")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
KINDS = ("console", "python", "json", "toml", "text", "{toctree}", "{eval-rst}", "{literalinclude}")


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """Kind, text, and the name of the file that each fenced block is."""
    for found in FENCE.finditer(page):
        above = FILE.search(page[: found.start()].rstrip())
        yield found["kind"], found["text"], above[1] if above else ""


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what is shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command.strip(), shown


def collapsed(text: str) -> str:
    return " ".join(text.split())


def run(words: list[str], patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and output of one `weigh …`."""
    patch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    given = capsys.readouterr()
    return int(ended.value.code or 0), f"{given.out} {given.err}"


def run_console(
    text: str, stand_ins: StandIns, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """Run a block's commands, and give what had to be left out."""
    left_out: list[str] = []
    told = list(commands(text))
    for (typed, shown), (after, code_shown) in zip(told, [*told[1:], ("", "")], strict=True):
        command, _, needs = (part.strip() for part in typed.partition(" # needs "))
        if command == "echo $?" or reason_not_to_run(command):
            continue
        is_eval = command.startswith("inspect eval ")
        assert is_eval or command.startswith("weigh "), f"{command!r} is not run, and no reason is given in NOT_RUN"
        try:
            if is_eval:
                code, printed = stand_ins.evaluated(command)
                assert code == 0, f"{command}: exit code {code}: {printed}"
                continue
            words, by_model = stand_ins.exchanged(command, shown=bool(shown.strip()))
        except LeftOut as why:
            left_out.append(f"{command} ({why})")
            continue
        if words[1] == "view":
            code, printed = 0, looked_at(words)
        elif needs == "the toy extension":
            code, printed = with_toy(words, stand_ins.folder / "site")
        else:
            code, printed = run(words, patch, capsys)
        assert code == (int(code_shown) if after == "echo $?" else 0), f"{command}: exit code {code}: {printed}"
        for piece in re.split("…|\n", shown):
            there = agrees(collapsed(piece), collapsed(printed), within=0.02 if by_model else 0)
            assert there, f"{command} does not print {collapsed(piece)!r}, but {printed}"
    return left_out


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder, from which modules can be imported and are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "extension" / "weigh_toy"))
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("WEIGH_BANKS", str(tmp_path / "shelf"))
    for name in ("WEIGH_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def stand_ins(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIns]:
    """What stands in for what commands need, in a cache of its own."""
    cache = elsewhere / "cache"
    embedded = embedded_model(cache)
    monkeypatch.setenv("WEIGH_CACHE", str(cache))

    def tiny() -> Path:
        from bench.tiny_model import save

        from weigh.banks.bank import find_bank

        return save(elsewhere / "tiny", find_bank("pilot"))

    with server() as serve:
        yield StandIns(elsewhere, serve=serve, model=tiny, embedded=embedded, patch=monkeypatch)


@pytest.mark.timeout(900)
# of the libraries that stand behind judges, not of ours
@pytest.mark.filterwarnings("ignore:The 'initial' parameter is deprecated:DeprecationWarning")
@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_what_is_shown_is_true(
    page: Path,
    elsewhere: Path,
    stand_ins: StandIns,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names: dict[str, object] = {"__name__": page.stem}
    left_out: list[str] = []
    for kind, text, file in blocks(page.read_text("utf-8")):
        assert kind in KINDS, f"a block of kind {kind!r} is not known here"
        if file:
            (elsewhere / file).parent.mkdir(parents=True, exist_ok=True)
            (elsewhere / file).write_text(text, "utf-8")
        elif kind == "python":
            before = set(names)
            exec(compile(text, f"{page.name}, a python block", "exec"), names)  # noqa: S102 - our own pages
            for name in sorted(set(names) - before):
                if name.startswith("test_"):
                    names[name]()  # pyright: ignore[reportCallIssue]
        elif kind == "console":
            left_out += run_console(text, stand_ins, monkeypatch, capsys)
        elif kind == "toml":
            tomllib.loads(text)
        elif kind == "json":
            [json.loads(line) for line in text.splitlines()]
    if left_out:
        pytest.skip(f"true, but for what could not be run here: {'; '.join(left_out)}")


def test_what_is_never_run_is_on_a_page() -> None:
    typed = [
        command.partition(" # needs ")[0].strip()
        for page in PAGES
        for kind, text, _ in blocks(page.read_text("utf-8"))
        if kind == "console"
        for command, _ in commands(text)
    ]
    for pattern in NOT_RUN:
        assert any(re.fullmatch(pattern, command) for command in typed), (
            f"{pattern} is on no page: take it off the list"
        )


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text("utf-8")):
        target = page.parent / link
        # what the build makes is linked as the page that it will be
        assert target.exists() or target == DOCS / "catalogue.md", f"{page.name} links to {link}"


def test_no_line_is_too_long() -> None:
    for page in PAGES:
        for kind, text, _ in blocks(page.read_text("utf-8")):
            if kind == "python":
                assert max(map(len, text.splitlines())) <= 120, page.name


PICTURE = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")


def test_every_picture_is_one_that_the_script_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    made = {f"{name}.png" for name in importlib.import_module("screenshots").PICTURES}
    shown = {page: PICTURE.findall(page.read_text("utf-8")) for page in PAGES}
    for page, pictures in shown.items():
        for picture in pictures:
            assert Path(picture).name in made, f"{page.name} shows {picture}, which docs/screenshots.py does not make"
    assert {Path(picture).name for pictures in shown.values() for picture in pictures} == made
    for name in made:
        assert (DOCS / "_static" / name).stat().st_size < 300_000, f"{name} is too large for a page"


EXAMPLES = [path for path in sorted(SRC.rglob("*.py")) if ">>> " in path.read_text("utf-8")]


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.relative_to(SRC).as_posix() for path in EXAMPLES])
def test_examples_in_docstrings_run(path: Path, elsewhere: Path) -> None:
    parts = path.relative_to(SRC.parent).with_suffix("").parts
    if "torch" in parts or "nets" in parts:
        pytest.importorskip("torch", reason="torch is not installed")
    module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
    # what has a card is run by the contract battery, in the same way
    found = [
        one
        for one in doctest.DocTestFinder(exclude_empty=True).find(module)
        if one.examples and not hasattr(getattr(module, one.name.rpartition(".")[2], None), "card")
    ]
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for one in found:
        said: list[str] = []
        runner.run(one, out=said.append)
        assert not said, "".join(said)


@pytest.fixture
def catalogue_page(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DOCS))
    return pytest.importorskip("catalogue_page")


def test_catalogue_lists_every_card(catalogue_page, tmp_path: Path) -> None:
    catalogue_page.write(tmp_path / "catalogue.md", tmp_path / "none.json", tmp_path / "none.json")
    text = (tmp_path / "catalogue.md").read_text("utf-8")
    for card in built_in().values():
        assert f"### {card.address.replace('_', chr(92) + '_')}" in text
    assert "No reproduction has been run yet" in text


def test_catalogue_publishes_what_does_not_hold(catalogue_page, tmp_path: Path) -> None:
    rows = [
        {
            "slug": "gate",
            "claim": "no | noise",
            "need_spec": "≥ 0.9",
            "ours": {"a": 0.51234},
            "holds": False,
            "why": "x",
        },
        {"slug": "stated", "claim": "is steady", "baseline": 0.5, "ours": 0.8, "holds": True},
    ]
    (tmp_path / "results.json").write_text(json.dumps({row["slug"]: row for row in rows}), "utf-8")
    text = catalogue_page.page(built_in(), catalogue_page.rows_of(tmp_path / "results.json"))
    assert "| [gate](#measuregate): no \\| noise | ≥ 0.9 | a = 0.5123 | x |" in text
    assert "*is steady*: holds." in text
    assert "| | ours |\n|---|---|\n|  | 0.8 |" in text
    assert text.index("## Claims that do not hold") < text.index("## measure")


def test_catalogue_names_a_chapter_and_a_source_of_each_method(catalogue_page) -> None:
    for card in built_in().values():
        assert (DOCS / catalogue_page.chapter_of(card.address)).is_file(), card.address
    assert set(catalogue_page.CHAPTERS) <= set(built_in())
    text = catalogue_page.page(built_in(), [], catalogue_page.rows_of(catalogue_page.NOT_HELD))
    assert "(https://arxiv.org/abs/2304.08859)" in text


def test_claims_that_do_not_hold_say_all_that_they_must(catalogue_page) -> None:
    for row in catalogue_page.rows_of(catalogue_page.NOT_HELD):
        assert row["method"] in built_in()
        assert all(row[name].strip() for name in ("claim", "published", "ours", "why"))


def test_the_runner_finds_what_is_not_true(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in ("$ weigh banks\nno such words\n", "$ weigh banks\n$ echo $?\n1\n", "$ brew tea   # needs a kettle\n"):
        with pytest.raises(AssertionError):
            run_console(wrong, stand_ins, monkeypatch, capsys)
    assert (
        run_console("$ make test   # needs the network\n$ weigh banks\npilot … 20\n", stand_ins, monkeypatch, capsys)
        == []
    )


def test_numbers_of_the_embedded_model_may_differ_a_little_and_nothing_else_may() -> None:
    assert agrees("security +0.47 and 11%", "security +0.48 and 10%", within=0.02)
    assert not agrees("security +0.47", "security +0.53", within=0.02)
    assert not agrees("security +0.47", "power +0.47", within=0.02)
    assert not agrees("security +0.47", "security +0.48", within=0)
    assert not agrees("clear of zero", "security", within=0.02)
