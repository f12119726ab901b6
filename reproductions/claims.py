"""Claims and whether they hold: the rows of results.json, and the hashes that tie each row to its code.

A script is `reproductions/NAME.py`. It names the files of its method, under src/weigh, and has one function:

    METHOD = ["measure/stated.py", "ops/contrasts.py"]

    def reproduce(seed: int = 0) -> Row:
        return Row(slug="…", claim="…", baseline=0.50, ours=0.81, need_spec="ours ≥ baseline + 0.2",
                   need_used="ours ≥ baseline + 0.2", holds=0.81 >= 0.70, seeds=(seed,))

A claim that does not hold is published as such and says why. A row's hashes are those of the method's files and of the
script at the time of its run, so that no number outlives its code.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src" / "weigh"
RESULTS = HERE / "results.json"
MACHINERY = ("claims",)

Number = float | Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """One claim, the baseline's number and ours.

    Parameters
    ----------
    slug : str
        The system's, as in its card.
    claim : str
        What is claimed, in a sentence.
    baseline, ours : float or mapping of str to float
        What both reached in this run; finite, or None where it cannot be.
    need_spec, need_used : str
        The inequality that the spec asks for, and the one that `holds` is about.
    holds : bool
        Whether `need_used` is met.
    seconds : float
        Wall time of the run; filled in by the runner.
    seeds : tuple of int
        Seeds that the numbers come from.
    why : str
        Why a claim does not hold, or why `need_used` is not `need_spec`.
    hash : mapping
        Filled in by the runner: sha256 of the method's files and of the script.

    Raises
    ------
    ValueError
        A part is empty, a number is not finite, a claim that does not hold has no why, or a changed need has none.
    """

    slug: str
    claim: str
    baseline: Number | None
    ours: Number | None
    need_spec: str
    need_used: str
    holds: bool
    seconds: float = 0.0
    seeds: tuple[int, ...] = (0,)
    why: str = ""
    hash: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        for part in ("slug", "claim", "need_spec", "need_used", "seeds"):
            if not getattr(self, part):
                raise ValueError(f"the row of {self.slug or 'a reproduction'} has no {part}; fill it in")
        if not self.holds and not self.why.strip():
            raise ValueError(f"{self.slug}: the claim does not hold and the row does not say why; publish the reason")
        if self.need_used != self.need_spec and not self.why.strip():
            raise ValueError(f"{self.slug}: the need used is not the spec's and the row does not say why")
        for part in ("baseline", "ours"):
            object.__setattr__(self, part, _numbers(f"{self.slug}: {part}", getattr(self, part)))
        object.__setattr__(self, "holds", bool(self.holds))
        object.__setattr__(self, "seeds", tuple(int(seed) for seed in self.seeds))


def scripts(folder: Path = HERE) -> list[str]:
    """Names of the reproductions, in alphabetical order."""
    return sorted(path.stem for path in folder.glob("*.py") if path.stem not in MACHINERY and path.stem[0] != "_")


def files_of(name: str, folder: Path = HERE) -> list[str]:
    """The files of its method that a script names, under src/weigh; the script is read, not run.

    Raises
    ------
    ValueError
        There is no such script, or it names no files.
    """
    script = folder / f"{name}.py"
    if not script.is_file():
        raise ValueError(f"there is no reproduction {name!r}; those there are: {', '.join(scripts(folder)) or 'none'}")
    for node in ast.parse(script.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "METHOD" and ast.literal_eval(node.value):
            return ast.literal_eval(node.value)
    raise ValueError(f'{script} names no files; add METHOD = ["measure/stated.py", …] at its top')


def hash_of(name: str, folder: Path = HERE, source: Path = SOURCE) -> dict[str, str]:
    """The sha256 of a script and of its method's files.

    Raises
    ------
    ValueError
        As in `files_of`, or a file is not there.
    """
    script, digest = folder / f"{name}.py", hashlib.sha256()
    for part in sorted(files_of(name, folder)):
        if not (source / part).is_file():
            raise ValueError(f"{script} names {part}, which is not in {source}")
        digest.update(part.encode() + b"\0" + hashlib.sha256(_text(source / part)).digest())
    return {"method": digest.hexdigest(), "script": hashlib.sha256(_text(script)).hexdigest()}


def run(name: str, seed: int = 0) -> Row:
    """Run one reproduction; its row has the time it took and the hashes of the code that ran."""
    before = hash_of(name)
    began = time.perf_counter()
    row = importlib.import_module(f"reproductions.{name}").reproduce(seed=seed)
    seconds = round(time.perf_counter() - began, 2)
    if not isinstance(row, Row):
        raise TypeError(f"reproductions/{name}.py gave a {type(row).__name__}; reproduce() must give a Row")
    if hash_of(name) != before:
        raise RuntimeError(f"the code of {name} changed while it ran; run it again")
    return replace(row, seconds=seconds, hash=before)


def as_json(row: Row) -> dict[str, Any]:
    """The row in JSON's own types."""
    return {**asdict(row), "seeds": list(row.seeds)}


def read_results(path: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Rows by the name of their script; empty where none has been written."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def write_results(rows: Mapping[str, Mapping[str, Any]], path: Path = RESULTS) -> None:
    """Write all rows; the file appears whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(dict(sorted(rows.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(part, path)


def stale(folder: Path = HERE, source: Path = SOURCE) -> list[str]:
    """What is wrong with results.json, a line each: a script or row without the other, a row older than its code."""
    rows, names = read_results(folder / "results.json"), scripts(folder)
    found = [
        f"{name}: the script has no row; run: python -m reproductions {name} --write"
        for name in names
        if name not in rows
    ]
    found += [
        f"{name}: the row has no script; run: python -m reproductions --all" for name in rows if name not in names
    ]
    for name in (name for name in names if name in rows):
        try:
            now, then = hash_of(name, folder, source), rows[name].get("hash") or {}
            if changed := [part for part in now if now[part] != then.get(part)]:
                again = f"run: python -m reproductions {name} --write"
                found.append(f"{name}: its {' and '.join(changed)} changed since; {again}")
            Row(**{**rows[name], "seeds": tuple(rows[name].get("seeds", ()))})
        except (TypeError, ValueError) as error:
            found.append(f"{name}: the row cannot be published: {error}")
    return found


def _text(path: Path) -> bytes:
    return path.read_bytes().replace(b"\r\n", b"\n")


def _numbers(what: str, given: Any) -> Any:
    if isinstance(given, Mapping):
        return {str(name): _numbers(f"{what} {name}", number) for name, number in given.items()}
    if given is not None and not math.isfinite(given):
        raise ValueError(f"{what} is {given}; expected a finite number, or None where there is none")
    return None if given is None else float(given)
