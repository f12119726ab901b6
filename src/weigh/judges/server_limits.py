"""How much a server is asked: how many requests at once, how many in all, and for how much money.

The pace follows the server: it grows by one a round of answers and halves when the server says that it is too much. The
budget is never exceeded, as what a request could cost at most is set aside before it is sent.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from weigh.core.errors import InputError, WeighError

START = 4
MILLION = 1e6
# tokens that a chat template may add to a prompt before the first reply tells how many it does
OVERHEAD = 256


class LimitReached(WeighError, KeyboardInterrupt):
    """A run's own limit on calls or cost; what pipelines do on Ctrl-C is what is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How a server is asked.

    Parameters
    ----------
    samples : int
        Replies an order, where the server gives no log-probabilities.
    seed : int
        Of the first sample; the next ones count up, where the server takes a seed.
    concurrency : int
        Requests at once at most.
    max_calls : int, optional
        Requests in all at most, repeated and probing ones included.
    max_cost : float, optional
        Money at most, in the unit of the prices.
    price_in, price_out : float, optional
        Price of a million tokens of prompt and of reply.
    timeout : float
        Seconds that the server may keep silent.
    retries : int
        How often a request is repeated that failed for a reason that may pass.

    Raises
    ------
    InputError
        A number is out of range, or there is a limit on cost without both prices.
    """

    samples: int = 10
    seed: int = 0
    concurrency: int = 32
    max_calls: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None
    timeout: float = 60.0
    retries: int = 8

    def __post_init__(self) -> None:
        for name, least in (("samples", 1), ("concurrency", 1), ("max_calls", 1), ("retries", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(f"--{name.replace('_', '-')} is {value}; give {least} or more")
        for name in ("max_cost", "price_in", "price_out", "timeout"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise InputError(f"--{name.replace('_', '-')} is {value}; give a number, 0 or more")
        if self.max_cost is not None and (self.price_in is None or self.price_out is None):
            raise InputError(
                "--max-cost needs prices: give --price-in and --price-out, the price of a million tokens of prompt and "
                "of reply, as the provider states them"
            )


class Pace:
    """How many requests are under way: additive increase, halved when the server has too much to do.

    Parameters
    ----------
    cap : int
        Never more than that.

    Attributes
    ----------
    limit : float
        How many may be under way now.
    halvings : int
        How often the server had too much.
    """

    def __init__(self, cap: int) -> None:
        self.cap, self.limit, self.halvings = cap, float(min(START, cap)), 0
        self._running, self._line = 0, deque[object]()
        self._free = threading.Condition()

    @contextlib.contextmanager
    def turn(self) -> Iterator[int]:
        """Wait for one's turn; gives the round, which `too_much` wants to know."""
        ticket = object()
        with self._free:
            # first come, first served: else a thread that has just ended takes its own place again
            self._line.append(ticket)
            try:
                self._free.wait_for(lambda: self._line[0] is ticket and self._running < int(self.limit))
            finally:
                self._line.remove(ticket)
                self._free.notify_all()
            self._running += 1
            since = self.halvings
        try:
            yield since
        finally:
            with self._free:
                self._running -= 1
                self._free.notify_all()

    def went_well(self) -> None:
        """An answer came: one more at once after a round of them."""
        with self._free:
            self.limit = min(float(self.cap), self.limit + 1 / self.limit)
            self._free.notify_all()

    def too_much(self, since: int) -> None:
        """The server said so; requests of the same round count once, as they failed for the same reason."""
        with self._free:
            if since == self.halvings:
                self.limit = max(1.0, self.limit / 2)
                self.halvings += 1


class Budget:
    """Calls and money: what has been spent, what is set aside, and where to stop.

    Parameters
    ----------
    options : ServerOptions
        With the limits and prices.

    Attributes
    ----------
    calls, tokens_in, tokens_out : int
        Requests sent, and tokens that the server has counted.
    spent : float
        Money: by the server's count of tokens, and at worst where a request was answered without one.
    """

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self.calls = self.tokens_in = self.tokens_out = 0
        self.spent = 0.0
        self._aside, self._open = 0.0, 0
        self._overhead = OVERHEAD
        self._settled = threading.Condition()

    def worst(self, n_bytes: int, n_out: int) -> float:
        """What a request can cost at most: no tokenizer makes more tokens than a text has bytes."""
        return self._price(n_bytes + self._overhead, n_out) if n_bytes else 0.0

    def set_aside(self, worst: float) -> None:
        """Count a request that is about to be sent.

        Raises
        ------
        LimitReached
            It would be one too many, or could cost too much.
        """
        most, cap = self.options.max_calls, self.options.max_cost
        with self._settled:
            # what is under way has room set aside that it may give back
            self._settled.wait_for(lambda: cap is None or not self._open or self._fits(worst, cap))
            if most is not None and self.calls >= most:
                raise LimitReached(
                    f"--max-calls {most} is reached; every answer so far is kept, and the same command with a higher "
                    "limit goes on from here"
                )
            if cap is not None and not self._fits(worst, cap):
                raise LimitReached(
                    f"--max-cost {cap:g} is reached: {self.spent:.6g} is spent, and the next request could cost "
                    f"{worst:.6g}; every answer so far is kept, and the same command with a higher limit goes on"
                )
            self.calls += 1
            self._open += 1
            self._aside += worst

    def settle(self, worst: float, n_bytes: int, usage: Mapping[str, Any] | None, *, is_billed: bool) -> None:
        """Put what a request really cost in the place of what was set aside for it.

        Parameters
        ----------
        worst : float
            What was set aside.
        n_bytes : int
            Size of the prompt.
        usage : mapping or None
            The server's count; None counts at worst.
        is_billed : bool
            False where the server refused the request, which costs nothing.
        """
        n_in, n_out = (_count(usage, name) for name in ("prompt_tokens", "completion_tokens"))
        with self._settled:
            self._open -= 1
            # sums of floats do not come back to zero by themselves
            self._aside = self._aside - worst if self._open else 0.0
            if is_billed:
                self.spent += worst if n_in is None or n_out is None else self._price(n_in, n_out)
            self.tokens_in += n_in or 0
            self.tokens_out += n_out or 0
            self._overhead = max(self._overhead, (n_in or 0) - n_bytes)
            self._settled.notify_all()

    def _fits(self, worst: float, cap: float) -> bool:
        return self.spent + self._aside + worst <= cap * (1 + 1e-12)

    def _price(self, n_in: int, n_out: int) -> float:
        return (n_in * (self.options.price_in or 0.0) + n_out * (self.options.price_out or 0.0)) / MILLION


def _count(usage: Mapping[str, Any] | None, name: str) -> int | None:
    found = usage.get(name) if isinstance(usage, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
