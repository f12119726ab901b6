"""Makes every picture of README and docs from real runs: `python docs/screenshots.py` (needs chromium; minutes).

`--run FOLDER` takes a run of the bank `core` by the embedded model that is there already; else it is measured, which
takes three to five minutes. Names of pictures, such as `pool drafts`, make these alone. Pages are shown in their light
colours, at the sizes below; what judges answer is planted or drawn by a fixed seed, so that the same code makes the
same picture. All but the embedded model's run takes under a minute.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
STATIC = HERE / "_static"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w./-]+\.\w+)`:\s*$")
FLAGS = (
    # the sandbox needs rights that containers lack; the pages are our own
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb",
    "--blink-settings=preferredColorScheme=1", "--disable-background-networking", "--no-first-run",
)  # fmt: skip


def page(scratch: Path, run: Path | None) -> str:
    """The front page of the embedded model's run."""
    return _report(_measured(scratch, run))


def notebook(scratch: Path, run: Path | None) -> str:
    """What a notebook shows of that run: the HTML of `weigh.open_run(…)`, on a page of its own."""
    import weigh

    _report(_measured(scratch, run))
    opened = weigh.open_run("runs/core-smol")
    style = "font:14px/1.5 system-ui,Arial,sans-serif;margin:24px;color:#1a1a1a;background:#fff"
    code = "<span style='color:#888'>[1]:</span> import weigh<br><span style='opacity:0'>[1]:</span> "
    given = f'<pre style="background:#f4f4f4;padding:10px 14px">{code}weigh.open_run("runs/core-smol")</pre>'
    whole = f'<!doctype html><meta charset="utf-8"><body style="{style}">{given}{opened._repr_html_()}'
    file = scratch / "notebook.html"
    file.write_text(whole, "utf-8")
    return file.as_uri()


def compare(scratch: Path, run: Path | None) -> str:
    """The comparison of the tutorial's two planted judges."""
    _told(scratch, "tutorial/compare.md", ("weigh measure pilot --model scripted", "weigh compare"))
    return (scratch / "runs/before-after/compare.html").as_uri()


def view(scratch: Path, run: Path | None) -> str:
    """The list of runs that `weigh view` shows of that folder."""
    from weigh.report.runs import Runs

    _measured(scratch, run)
    _told(scratch, "tutorial/compare.md", ("weigh measure pilot --model scripted", "weigh compare"))
    file = scratch / "view.html"
    # where the folder lies changes with each run of this script
    file.write_text(Runs(scratch / "runs").html().replace(str((scratch / "runs").resolve()), "runs"), "utf-8")
    return file.as_uri()


def pool(scratch: Path, run: Path | None) -> str:
    """The page of pooled shares."""
    _told(scratch, "tutorial/many_people.md", ("weigh pool compositional weights.csv --report",))
    return (scratch / "yard/shares/report.html").as_uri()


def package(scratch: Path, run: Path | None) -> str:
    """The page of the package that was bargained for."""
    _told(scratch, "tutorial/many_people.md", ("weigh pool negotiation",))
    return (scratch / "yard/package/report.html").as_uri()


def drafts(scratch: Path, run: Path | None) -> str:
    """The first figure of what over-optimisation costs."""
    _told(scratch, "tutorial/act_on_values.md", ("weigh pool reward-ensemble",), python=1)
    return (scratch / "drafts.svg").as_uri()


def catalogue(scratch: Path, run: Path | None) -> str:
    """The catalogue page, as Sphinx builds it."""
    built = HERE / "_build" / "html"
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-D", "sphinx_gallery_conf.plot_gallery=0"]
    _weigh([*command, str(HERE), str(built)], scratch)
    return (built / "catalogue.html").as_uri()


#: name of the picture, what makes its page, width and height in pixels
PICTURES: dict[str, tuple[Callable[[Path, Path | None], str], tuple[int, int]]] = {
    "page": (page, (1000, 1480)),
    "notebook": (notebook, (760, 560)),
    "compare": (compare, (1000, 1160)),
    "view": (view, (1000, 900)),
    "pool": (pool, (1000, 950)),
    "package": (package, (1000, 1210)),
    "drafts": (drafts, (800, 342)),
    "catalogue": (catalogue, (1200, 1300)),
}


def take(names: list[str], run: Path | None = None, folder: Path = STATIC) -> list[Path]:
    """Make pictures.

    Parameters
    ----------
    names : list of str
        Keys of `PICTURES`.
    run : Path, optional
        A run of `core` by the embedded model; measured where it is not given.
    folder : Path
        Where the PNG files go.

    Raises
    ------
    SystemExit
        There is no chromium, or it took no picture.
    """
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("no chromium here; install it and run this again")
    made = []
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, _inside(Path(scratch)):
        for name in names:
            address, size = PICTURES[name][0](Path(scratch), run), PICTURES[name][1]
            shot = Path(scratch) / "shot.png"
            shot.unlink(missing_ok=True)
            window = f"--window-size={size[0]},{size[1]}"
            command = [browser, *FLAGS, f"--user-data-dir={scratch}/browser", f"--screenshot={shot}", window, address]
            subprocess.run(command, check=False, capture_output=True, timeout=180)
            if not shot.is_file():
                raise SystemExit(f"{browser} took no picture of {address}")
            made.append(Path(shutil.copyfile(shot, folder / f"{name}.png")))
    return made


def _measured(scratch: Path, run: Path | None) -> Path:
    """A copy of the embedded model's run, so that its own page stays as it is; measured where there is none."""
    folder = scratch / "runs" / "core-smol"
    if not folder.exists():
        if run is None:
            _weigh(["weigh", "measure", "core", "--out", str(folder)], scratch)
        else:
            shutil.copytree(run, folder)
    return folder


def _report(folder: Path) -> str:
    from weigh.report.page import write_report

    return write_report(folder).as_uri()


def _told(scratch: Path, name: str, commands: tuple[str, ...], *, python: int = 0) -> None:
    """Do what a page of the docs says: write its files, run its first python blocks, and the commands named."""
    text = (HERE / name).read_text("utf-8")
    n_run = 0
    for block in FENCE.finditer(text):
        kind, body = block.groups()
        file = FILE.search(text[: block.start()].rstrip())
        if file:
            (scratch / file[1]).write_text(body, "utf-8")
        elif kind == "python" and n_run < python:
            n_run += 1
            _weigh([sys.executable, "-c", body], scratch)
        elif kind == "console":
            for line in body.splitlines():
                command = line.removeprefix("$ ")
                if line.startswith("$ ") and command.startswith(commands):
                    # what is there already is not made twice
                    _weigh(_words(command), scratch)


def _words(command: str) -> list[str]:
    import shlex

    return shlex.split(command.partition(" # needs ")[0])


def _weigh(words: list[str], scratch: Path) -> None:
    if words[0] == "weigh":
        words = [sys.executable, "-m", "weigh.doors.cli", *words[1:]]
    path = os.pathsep.join([str(scratch), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(words, cwd=scratch, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)[:200]} failed: {done.stderr[-2000:]}")


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(PICTURES)}; all by default")
    parser.add_argument("--run", type=Path, help="a run of core by the embedded model")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in PICTURES]:
        parser.error(f"there is no picture {unknown[0]!r}; there are {', '.join(PICTURES)}")
    run_folder = given.run.resolve() if given.run else None
    print(*take(given.names or list(PICTURES), run_folder), sep="\n")
