"""HTTP to one server: only that host, no redirects, repeated with jitter, and a key that is shown nowhere.

A request that fails for a reason that may pass (408, 409, 425, 429, 5xx, a reset, silence, a body that is no JSON) is
sent again after a random wait that doubles, or what the server's Retry-After asks for; any other refusal is final.
"""

from __future__ import annotations

import email.utils
import json
import math
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from weigh._version import __version__
from weigh.core.errors import WeighError
from weigh.judges.server_address import Address, HidingFilter, Key, key_from_environment
from weigh.judges.server_carrier import run_each
from weigh.judges.server_limits import Budget, Pace, ServerOptions

T = TypeVar("T")

BACKOFF, BACKOFF_MOST, WAIT_MOST = 0.5, 20.0, 60.0
LARGEST_BODY = 32 << 20
# a reply may trickle in, but not for ever
SLOWEST = 10
PASSING = {408, 409, 425, 429}
TOO_MUCH = {429, 503}
SHOWN = 300

ADVICE = {
    401: "set WEIGH_API_KEY (or OPENAI_API_KEY) in the environment to a key that it takes",
    403: "the key may not do this; check its rights and the model's name",
    404: "check the address, which usually ends in /v1, and the model's name after the #",
    429: "lower --concurrency or wait a while; the same command goes on from here",
}
LATER = "see whether the server is up; every answer so far is kept, and the same command goes on from here"


class ServerError(WeighError, ConnectionError):
    """A server refused a request, or could not be reached.

    Parameters
    ----------
    message : str
        The whole sentence.
    status : int
        Of HTTP; 0 where there was no answer.
    said : str
        What the server said, without secrets.
    """

    def __init__(self, message: str, status: int = 0, said: str = "") -> None:
        super().__init__(message)
        self.status, self.said = status, said


class _Outcome(NamedTuple):
    """What became of one attempt: a value, or why there is none."""

    value: Any = None
    status: int = 200
    problem: str = ""
    said: str = ""
    wait: float = 0.0
    passes: bool = True
    too_much: bool = False
    is_billed: bool = True


class Transport:
    """Sends requests to one server; safe for many threads.

    Parameters
    ----------
    address : Address
        Of the server.
    options : ServerOptions
        Limits, timeout, retries.
    key : Key, optional
        By default from the environment; sent over https or to this machine only.
    sleep : callable, optional
        Waits so many seconds; by default until then or until the run is broken off.
    clock : callable
        Seconds since 1970.
    rng : random.Random, optional
        Of the jitter.
    """

    def __init__(
        self,
        address: Address,
        options: ServerOptions | None = None,
        *,
        key: Key | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        import httpx2

        self.address, self.options = address, options or ServerOptions()
        self.key = key or key_from_environment()
        self.sends_key = bool(self.key) and address.is_private
        self.pace, self.budget = Pace(self.options.concurrency), Budget(self.options)
        self._broken_off = threading.Event()
        self._sleep = sleep or self._broken_off.wait
        self._clock, self._rng = clock, rng or random.Random()
        self._errors = httpx2
        self._client = httpx2.Client(
            auth=self.key.sign if self.sends_key else None,
            headers={"User-Agent": f"weigh/{__version__}", "Accept": "application/json"},
            timeout=self.options.timeout,
            follow_redirects=False,
            # a proxy would see what is sent in the clear to this very machine
            trust_env=not address.is_loopback,
            limits=httpx2.Limits(max_connections=self.options.concurrency, max_keepalive_connections=None),
        )
        # judges are never closed by hand
        weakref.finalize(self, HidingFilter(self.key).install().remove)
        weakref.finalize(self, self._client.close)

    @property
    def place(self) -> str:
        """The server's address."""
        return self.address.url

    def post(self, path: str, body: dict[str, Any], *, n_out: int = 0, retries: int | None = None) -> Any:
        """Send JSON, get JSON.

        Parameters
        ----------
        path : str
            Below the address, such as "/chat/completions"; "^/tokenize" is below its root, without /v1.
        body : dict
            The request.
        n_out : int
            Tokens that it can write at most.
        retries : int, optional
            Other than the options'.

        Returns
        -------
        object
            What the body's JSON says, without secrets; of any shape.

        Raises
        ------
        ServerError
            The server refused, or failed as often as it may.
        LimitReached
            The run's own limit is reached.
        """
        return self._send("POST", path, json.dumps(body).encode(), n_out, retries)

    def get(self, path: str, *, retries: int | None = None) -> Any:
        """Get JSON; parameters and errors as in `post`."""
        return self._send("GET", path, b"", 0, retries)

    def each(self, jobs: Sequence[Callable[[], T]]) -> Iterator[tuple[int, T]]:
        """Run jobs at the server's pace; gives (index, result) as each ends.

        After a failure nothing new begins, what is under way ends and is given, and then the failure is raised.
        """
        self._broken_off.clear()
        yield from run_each(jobs, self.options.concurrency, self._broken_off.set)

    def _send(self, method: str, path: str, content: bytes, n_out: int, retries: int | None) -> Any:
        url = self.address.below(path)
        tries = 1 + (self.options.retries if retries is None else retries)
        outcome, attempt = _Outcome(), 0
        for attempt in range(tries):
            with self.pace.turn() as since:
                outcome = self._attempt(method, url, content, n_out)
                if outcome.too_much:
                    self.pace.too_much(since)
            if not outcome.problem:
                self.pace.went_well()
                return outcome.value
            if not outcome.passes or attempt == tries - 1:
                break
            self._sleep(max(outcome.wait, self._rng.uniform(0, min(BACKOFF_MOST, BACKOFF * 2**attempt))))
            if self._broken_off.is_set():
                break
        raise self._error(url, outcome, attempt + 1)

    def _attempt(self, method: str, url: str, content: bytes, n_out: int) -> _Outcome:
        worst = self.budget.worst(len(content), n_out)
        self.budget.set_aside(worst)
        outcome = _Outcome(problem="was broken off")
        try:
            outcome = self._exchange(method, url, content)
        finally:
            usage = outcome.value.get("usage") if isinstance(outcome.value, dict) else None
            self.budget.settle(worst, len(content), usage, is_billed=outcome.is_billed)
        return outcome

    def _exchange(self, method: str, url: str, content: bytes) -> _Outcome:
        headers = {"Content-Type": "application/json"} if content else {}
        try:
            with self._client.stream(method, url, content=content or None, headers=headers) as response:
                status = response.status_code
                wait = _retry_after(response.headers.get("Retry-After", ""), self._clock())
                location = response.headers.get("Location", "")
                body = self._read(response)
        except self._errors.TimeoutException:
            return _Outcome(problem=f"did not answer within {self.options.timeout:g} s", status=0, too_much=True)
        except self._errors.ConnectError as error:
            said = self.key.hide(str(error))
            return _Outcome(problem=f"could not be reached ({said})", status=0, is_billed=False)
        except (self._errors.RequestError, self._errors.InvalidURL) as error:
            said = self.key.hide(str(error))
            return _Outcome(problem=f"broke the connection off ({type(error).__name__}: {said})", status=0)
        if body is None:
            return _Outcome(problem=f"sent more than {LARGEST_BODY >> 20} MiB, or all too slowly", passes=False)
        if status // 100 == 3:
            problem = f"answered {status}, a redirect to {self.key.hide(location)[:SHOWN]!r}, which is not followed"
            return _Outcome(problem=problem, status=status, passes=False, is_billed=False)
        if status // 100 != 2:
            said = self.key.hide(_said(body))
            passes = status in PASSING or status >= 500
            return _Outcome(None, status, f"answered {status}", said, wait, passes, status in TOO_MUCH, False)
        try:
            return _Outcome(self.key.hide(json.loads(body)))
        except (ValueError, RecursionError):
            return _Outcome(problem="sent what is no JSON", said=self.key.hide(_said(body)))

    def _read(self, response: Any) -> bytes | None:
        parts, size, until = [], 0, time.monotonic() + SLOWEST * self.options.timeout
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > LARGEST_BODY or time.monotonic() > until:
                return None
        return b"".join(parts)

    def _error(self, url: str, outcome: _Outcome, tries: int) -> ServerError:
        advice = ADVICE.get(outcome.status, LATER if outcome.passes else "check the model's name and the options")
        if outcome.status == 401 and self.key and not self.sends_key:
            advice = (
                "the key in the environment was not sent, as the connection is not encrypted: give an https address"
            )
        elif outcome.status // 100 == 3:
            advice = "give that address itself, if you trust it"
        often = f" ({tries} times)" if tries > 1 else ""
        said = f": {outcome.said}" if outcome.said else ""
        return ServerError(f"{url} {outcome.problem}{often}{said}; {advice}", outcome.status, outcome.said)


def _said(body: bytes) -> str:
    """The error message of a body, on one line."""
    text = body[: 64 << 10].decode("utf-8", "replace")
    try:
        found: Any = json.loads(text)
        for name in ("error", "message", "detail"):
            found = found.get(name, found) if isinstance(found, dict) else found
        text = found if isinstance(found, str) else json.dumps(found)
    except (ValueError, RecursionError):
        pass
    return " ".join(text.split())[: SHOWN * 4]


def _retry_after(text: str, now: float) -> float:
    """Seconds to wait, from seconds or an HTTP date; 0 where there is none."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - now
        except (TypeError, ValueError, OverflowError):
            return 0.0
    return min(max(seconds, 0.0), WAIT_MOST) if math.isfinite(seconds) else 0.0
