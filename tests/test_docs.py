"""What README and docs show is run here, so that it stays true.

The conventions, which a reader of the pages can see:

- a block under a line that ends in a file's name and a colon (`` `me.py`: ``) is that file;
- other `python` blocks run one after the other, and functions in them that are named `test_…` are called;
- in `console` blocks each line that begins with `$ weigh` is run; what is shown below it must be part of what it
  prints, piece by piece between the ellipses; it must exit with 0, unless `$ echo $?` below it shows another code;
- a command that ends in `# needs …` is not run: it needs the model, the network, or something that is not here.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from weigh.core.method import built_in
from weigh.doors.cli import main

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
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


def run(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and output of one `weigh …`."""
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with pytest.raises(SystemExit) as ended:
        main()
    given = capsys.readouterr()
    return int(ended.value.code or 0), collapsed(given.out + " " + given.err)


def run_console(text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    told = list(commands(text))
    for (command, shown), (after, code_shown) in zip(told, [*told[1:], ("", "")], strict=True):
        if " # needs " in command or command == "echo $?":
            continue
        assert command.startswith("weigh "), f"{command!r} is not run here: end it in `# needs …`"
        code, printed = run(command, monkeypatch, capsys)
        assert code == (int(code_shown) if after == "echo $?" else 0), f"{command}: exit code {code}: {printed}"
        for piece in re.split("…|\n", shown):
            assert collapsed(piece) in printed, f"{command} does not print {collapsed(piece)!r}, but {printed}"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder, from which modules can be imported and are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "extension" / "weigh_toy"))
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("WEIGH_CACHE", str(tmp_path / "cache"))
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_what_is_shown_is_true(
    page: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, object] = {"__name__": page.stem}
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
            run_console(text, monkeypatch, capsys)
        elif kind == "toml":
            tomllib.loads(text)
        elif kind == "json":
            [json.loads(line) for line in text.splitlines()]


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


@pytest.fixture
def catalogue_page(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DOCS))
    return pytest.importorskip("catalogue_page")


def test_catalogue_lists_every_card(catalogue_page, tmp_path: Path) -> None:
    catalogue_page.write(tmp_path / "catalogue.md", tmp_path / "none.json")
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
    assert "| gate | no \\| noise | ≥ 0.9 | a = 0.5123 | x |" in text
    assert "- reproduction: is steady: holds\n  - ours: 0.8\n  - baseline: 0.5" in text


def test_the_runner_finds_what_is_not_true(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in ("$ weigh banks\nno such words\n", "$ weigh banks\n$ echo $?\n1\n", "$ make tea\n"):
        with pytest.raises(AssertionError):
            run_console(wrong, monkeypatch, capsys)
    run_console("$ make tea   # needs a kettle\n$ weigh banks\npilot … 20\n", monkeypatch, capsys)
