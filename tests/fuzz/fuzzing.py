"""One reader, many changed files: what raised something that is not ours, and what took too long."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.mutate import mutated
from tests.fuzz.readers import Reader, quiet

from weigh.core.errors import WeighError

SLOW = 5.0


@dataclass
class Found:
    """What became of the files of one reader; `crashes` by where they arose, with one file that shows each."""

    counts: Counter[str] = field(default_factory=Counter)
    crashes: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, crash: str = "", shown: str = "") -> None:
        self.counts[what] += 1
        if crash:
            self.crashes.setdefault(crash, shown)


def fuzz(name: str, reader: Reader, goes_on: Callable[[int], bool], *, seed: int = 0) -> Found:
    """Change and read files while `goes_on(number)`; the same name, seed and number always make the same file."""
    found = Found()
    with tempfile.TemporaryDirectory() as scratch, quiet(), warnings.catch_warnings():
        warnings.simplefilter("error")
        number = 0
        while goes_on(number):
            folder = Path(scratch) / f"{number}"
            target, data = _changed(name, reader, seed, number, folder)
            began = time.process_time()
            try:
                reader.read(folder)
                found.add("read")
            except WeighError:
                found.add("refused")
            except Exception as error:  # the point of it: whatever else comes out is a fault of ours
                where = [one for one in traceback.extract_tb(error.__traceback__) if "/weigh/" in one.filename]
                ours = [f"{Path(one.filename).name}:{one.lineno}" for one in where] or ["?"]
                crash = f"{type(error).__name__} at {ours[-1]} from {ours[0]}"
                found.add("crashed", crash, f"no. {number}, {target}: {str(error)[:200]!r}; {data[:300]!r}")
            if (took := time.process_time() - began) > SLOW:
                found.add("slow", "slow", f"no. {number}, {target}: {took:.1f} s; {data[:300]!r}")
            shutil.rmtree(folder)
            number += 1
    return found


def _changed(name: str, reader: Reader, seed: int, number: int, folder: Path) -> tuple[str, bytes]:
    chance = random.Random(hashlib.sha256(f"{name} {seed} {number}".encode()).digest())
    target = chance.choice(list(reader.files))
    data = b""
    for file, content in reader.files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if file == target:
            content = data = mutated(chance, content, reader.kind(file))
        path.write_bytes(content)
    return target, data
