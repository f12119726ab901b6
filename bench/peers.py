"""Peers that live in an environment of their own: which Python has them, and one that answers line by line."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.timing import Taken

OWN = Path(__file__).parents[1] / ".peers" / "bin" / "python"


def python_with(package: str) -> str | None:
    """The Python that has a package: that of `WEIGH_PEERS` or `.peers`, else this one; None where none has it."""
    given = os.environ.get("WEIGH_PEERS") or (str(OWN) if OWN.is_file() else "")
    seek = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
    for python in (given, sys.executable):
        if python and subprocess.run([python, "-c", seek], check=False, capture_output=True).returncode == 0:
            return python
    return None


class Peer:
    """A script of `bench` that loads a peer and then does its work once for each line.

    Parameters
    ----------
    python : str
        As `python_with` gives it.
    script : Path
        Takes a file of JSON as its argument.
    job : mapping
        What the file says.

    Raises
    ------
    RuntimeError
        The peer could not be loaded, or later, it failed; the message is the end of what it printed.
    """

    def __init__(self, python: str, script: Path, job: Mapping[str, Any]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        told = Path(self._folder.name) / "job.json"
        told.write_text(json.dumps(job), "utf-8")
        self._said = (Path(self._folder.name) / "stderr").open("w+b")
        single = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [python, str(script), str(told)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
            env={**os.environ, **single, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
        )  # fmt: skip
        self.found: dict[str, Any] = {}
        self._read()

    def run(self) -> Taken:
        """Have the work done once; what it found is in `found`."""
        assert self._process.stdin is not None
        print("go", file=self._process.stdin, flush=True)
        self.found = self._read()
        return Taken(self.found["wall"], self.found["cpu"])

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._said.close()
        self._folder.cleanup()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace")[-2000:]
        self.close()
        raise RuntimeError(f"{self._process.args} ended with {self._process.returncode}: {said}")
