"""Starting: `import weigh`, `weigh --help` and `weigh gate --help`, beside a Python that does nothing.

Design figures: import ≤ 0.2 s, help ≤ 0.5 s. Loading torch on the way would cost seconds.
"""

from __future__ import annotations

import subprocess
import sys

from bench.timing import Row, in_turns

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "import weigh": ("-c", "import weigh"),
    "weigh --help": ("-m", "weigh.doors.cli", "--help"),
    "weigh gate --help": ("-m", "weigh.doors.cli", "gate", "--help"),
}


def bench(*, tiny: bool = False) -> list[Row]:
    """Processor time of each command in a process of its own."""

    def starter(args: tuple[str, ...]):
        return lambda: subprocess.run([sys.executable, *args], check=True, capture_output=True)

    taken = in_turns({name: starter(args) for name, args in COMMANDS.items()}, rounds=2 if tiny else 15)
    bare = taken.pop("python -c pass")
    rows = [Row("startup", "python -c pass", bare, "CPU s")]
    return rows + [Row("startup", name, time, "CPU s", bare / time) for name, time in taken.items()]
