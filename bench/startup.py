"""Starting: `import weigh`, help, the list of methods and completion, beside a Python that does nothing.

Design figures: import ≤ 0.2 s, help ≤ 0.5 s. Loading torch on the way would cost seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys

from bench.timing import Row, in_turns

COMPLETION = "completing weigh fit t"
ASKED = {"_WEIGH_COMPLETE": "complete_bash", "COMP_WORDS": "weigh fit t", "COMP_CWORD": "2"}
COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "import weigh": ("-c", "import weigh"),
    "weigh --help": ("-m", "weigh.doors.cli", "--help"),
    "weigh gate --help": ("-m", "weigh.doors.cli", "gate", "--help"),
    "weigh fit thurstone --help": ("-m", "weigh.doors.cli", "fit", "thurstone", "--help"),
    "weigh methods": ("-m", "weigh.doors.cli", "methods"),
    COMPLETION: ("-c", "import sys; sys.argv = ['weigh']; from weigh.doors.cli import main; main()"),
}


def bench(*, tiny: bool = False) -> list[Row]:
    """Processor time of each command in a process of its own."""

    def starter(name: str):
        env = {**os.environ, **ASKED} if name == COMPLETION else None
        return lambda: subprocess.run([sys.executable, *COMMANDS[name]], check=True, capture_output=True, env=env)

    taken = in_turns({name: starter(name) for name in COMMANDS}, rounds=2 if tiny else 15)
    bare = taken.pop("python -c pass")
    rows = [Row("startup", "python -c pass", bare, "CPU s")]
    return rows + [Row("startup", name, time, "CPU s", bare / time) for name, time in taken.items()]
