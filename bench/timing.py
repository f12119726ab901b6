"""What all benches share: contenders, rounds that take turns, and one row each for the table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One contender's figure.

    Parameters
    ----------
    bench, contender : str
        Where the row belongs; together they are its key in the baseline.
    figure : float
        What was measured.
    unit : str
        Of the figure: "s", "CPU s", "ms a prompt" …
    ratio : float or None
        Speed of the reference in its time, or size in its size: above 1 is better than the reference. None for a
        reference, and for figures that have none.
    note : str
        What must be said beside it.
    watched : bool
        Whether a change of the ratio is flagged.
    """

    bench: str
    contender: str
    figure: float
    unit: str
    ratio: float | None = None
    note: str = ""
    watched: bool = True

    @property
    def key(self) -> str:
        """Name in the baseline."""
        return f"{self.bench}: {self.contender}"


def cpu() -> float:
    """Processor seconds of this process and of those that it has waited for; another process's work is not in it."""
    try:
        import resource
    except ImportError:  # Windows
        return time.process_time()
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


@dataclass(frozen=True)
class Taken:
    """What one call took, in seconds by the clock on the wall and of the processor."""

    wall: float
    cpu: float


def measured(call: Callable[[], object]) -> Taken:
    """What a call in this process takes."""
    began = time.perf_counter(), cpu()
    call()
    return Taken(time.perf_counter() - began[0], cpu() - began[1])


def in_turns_by_both(contenders: Mapping[str, Callable[[], Taken]], rounds: int) -> dict[str, Taken]:
    """As `in_turns`, for contenders that say what they took, as those in other processes must; both medians of each."""
    taken = _rounds(contenders, rounds)
    return {
        name: Taken(statistics.median(one.wall for one in times), statistics.median(one.cpu for one in times))
        for name, times in taken.items()
    }


def in_turns(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    clock: Callable[[], float] = cpu,
) -> dict[str, float]:
    """Median time of each contender; they take turns, so that a busy machine is busy for all.

    Parameters
    ----------
    contenders : mapping of str to callable
        Called without arguments; the first call of each is a warm-up that does not count.
    rounds : int
        How often each is timed.
    clock : callable
        Processor time by default, as wall time doubles beside a busy neighbour; wall time where waiting is the matter.
    """

    def timed(call: Callable[[], object]) -> float:
        began = clock()
        call()
        return clock() - began

    taken = _rounds({name: lambda call=call: timed(call) for name, call in contenders.items()}, rounds)
    return {name: statistics.median(times) for name, times in taken.items()}


def _rounds(contenders: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    for call in contenders.values():
        call()
    taken: dict[str, list[T]] = {name: [] for name in contenders}
    for turn in range(rounds):
        names = list(contenders)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            taken[name].append(contenders[name]())
    return taken
