"""What carries requests to a model: HTTP to a server, or a library that speaks to a provider.

The probe, the judge and the reading of replies see requests and replies in the form of OpenAI's chats, and nothing else
of the way that they take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, Protocol, TypeVar

from weigh.judges.server_limits import Budget, ServerOptions

T = TypeVar("T")


class Carrier(Protocol):
    """Carries requests and counts them; safe for many threads.

    Attributes
    ----------
    options : ServerOptions
        How it asks.
    budget : Budget
        What has been spent.
    """

    options: ServerOptions
    budget: Budget

    @property
    def place(self) -> str:
        """Where requests go, for the page and the fingerprint."""
        ...

    def post(self, path: str, body: dict[str, Any], *, n_out: int = 0, retries: int | None = None) -> Any:
        """Send a request that can write `n_out` tokens at most; the reply may be of any shape.

        Raises
        ------
        ServerError
            It was refused, or failed as often as it may.
        LimitReached
            The run's own limit is reached.
        """
        ...

    def each(self, jobs: Sequence[Callable[[], T]]) -> Iterator[tuple[int, T]]:
        """Run jobs that post, several at once; gives (index, result) as each ends."""
        ...


def run_each(jobs: Sequence[Callable[[], T]], n: int, break_off: Callable[[], object]) -> Iterator[tuple[int, T]]:
    """Run jobs in threads; gives (index, result) as each ends.

    After a failure nothing new begins, what is under way ends and is given, and then the failure is raised.

    Parameters
    ----------
    jobs : sequence of callable
        Each gives a result or raises.
    n : int
        At once, at most.
    break_off : callable
        Called where the results are wanted no longer, as on Ctrl-C, to end what is under way.
    """
    failure: BaseException | None = None
    with ThreadPoolExecutor(n, "weigh-server") as pool:
        futures: dict[Future[T], int] = {pool.submit(job): i for i, job in enumerate(jobs)}
        try:
            for future in as_completed(futures):
                if future.cancelled():
                    continue
                error = future.exception()
                if error is None:
                    yield futures[future], future.result()
                    continue
                failure = failure or error
                _cancel(futures)
        except BaseException:
            break_off()
            _cancel(futures)
            raise
    if failure is not None:
        raise failure


def _cancel(futures: Iterable[Future[Any]]) -> None:
    # shutdown(cancel_futures=True) would leave as_completed waiting for them for ever
    for future in futures:
        future.cancel()
