"""`weigh view`: the runs below a folder in a browser, served to whoever started it and to nobody else.

Every user of this machine and every page that a browser has open can reach a port of 127.0.0.1. A request must
therefore name this server as its host, come from no other site, and bring the token that was printed, or the cookie
that the token is exchanged for; and what has an address is a short list of names. Only the standard library serves.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import math
import os
import re
import secrets
import socket
import socketserver
import stat
import sys
import threading
import time
import webbrowser
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

from weigh.core.errors import InputError, WeighError
from weigh.core.visible import visible
from weigh.doors.terminal import say
from weigh.report.runs import Runs, policy_of

HOST = "127.0.0.1"
MAX_AT_ONCE = 32
IDLE_SECONDS = 10
# Within this a request must have been read and shown to be its owner's, however slowly it comes.
HEAD_SECONDS = 20
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".jsonl": "text/plain; charset=utf-8",
    ".toml": "text/plain; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}
# Nothing of what is not a page runs or loads; a browser lays plain text out with a style of its own.
PLAIN = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SAID = {
    HTTPStatus.FORBIDDEN: "This opens only with the token that `weigh view` printed: copy that address whole.",
    HTTPStatus.NOT_FOUND: "There is no such page. The list of runs is at /",
    HTTPStatus.METHOD_NOT_ALLOWED: "Only GET and HEAD are answered: nothing can be changed from here.",
    HTTPStatus.MISDIRECTED_REQUEST: "This server answers to the names 127.0.0.1 and localhost, with its port.",
}


class ViewServer(ThreadingHTTPServer):
    """Serves a folder of runs on 127.0.0.1; a context manager that ends every connection on leaving.

    Parameters
    ----------
    folder : str or Path
        The folder of runs.
    port : int
        0 takes a free one.

    Attributes
    ----------
    url : str
        Where to begin, token included.

    Raises
    ------
    InputError
        There is no such folder, or the port cannot be had.
    """

    daemon_threads = False
    request_queue_size = 256
    # on Windows it would let two servers share a port
    allow_reuse_address = os.name != "nt"

    def __init__(self, folder: str | Path, port: int = 0) -> None:
        self.runs = Runs(folder)
        self.token = secrets.token_urlsafe(32)
        self._slots = threading.Semaphore(MAX_AT_ONCE)
        self._guard, self._open = threading.Lock(), dict[Any, float]()
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            why = "is in use" if getattr(error, "errno", 0) == errno.EADDRINUSE else f"cannot be had ({error})"
            raise InputError(f"port {port} of {HOST} {why}; give another --port, or none for a free one") from error
        # browsers leave the default port out
        self.names = tuple(f"{host}:{self.server_port}".removesuffix(":80") for host in (HOST, "localhost"))
        # cookies do not know ports, and two of these servers may run
        self.cookie = f"weigh-view-{self.server_port}"
        self.url = f"http://{HOST}:{self.server_port}/?token={self.token}"

    def server_bind(self) -> None:
        """Bind, without the look-up of this machine's name that the standard library would make."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own; while all are taken, further connections wait in the system's queue."""
        # whoever sends a byte now and then would hold a slot for ever, and all of them would hold all
        while not self._slots.acquire(timeout=0.5):
            self._end_connections(begun_before=time.monotonic() - HEAD_SECONDS)
        try:
            with self._guard:
                self._open[request] = time.monotonic()
            super().process_request(request, client_address)
        except BaseException:
            self._is_done(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, then make room for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._is_done(request)

    def service_actions(self) -> None:
        """End connections that take too long to say who they are; called between requests."""
        self._end_connections(begun_before=time.monotonic() - HEAD_SECONDS)

    def is_owners(self, request: Any) -> None:
        """A connection has brought the token: it may take its time."""
        with self._guard:
            self._open[request] = math.inf

    def _is_done(self, request: Any) -> None:
        with self._guard:
            self._open.pop(request, None)
        self._slots.release()

    def shutdown(self) -> None:
        """Stop accepting connections, and wait until that is so."""
        self._end_connections()  # one that waits for room would be waited for
        super().shutdown()

    def server_close(self) -> None:
        """End all connections, also those that browsers keep open for later, and wait for their threads."""
        self._end_connections()
        super().server_close()

    def _end_connections(self, begun_before: float | None = None) -> None:
        with self._guard:
            for request, begun in self._open.items():
                if begun_before is None or begun < begun_before:
                    with contextlib.suppress(OSError):
                        request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """One line for a fault of ours; a browser that went away is none."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            say(f"weigh view: a request could not be answered: {error!r}")


class _Handler(BaseHTTPRequestHandler):
    server: ViewServer  # pyright: ignore[reportIncompatibleVariableOverride]
    timeout, server_version, sys_version = IDLE_SECONDS, "weigh", ""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is written down: what is asked for holds the token."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        # called by the base class for methods that it does not find and for what is no request at all
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._read_body()
            self._say(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"})
        else:
            self._say(HTTPStatus(code))

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        hosts, origins = self._given("Host"), self._given("Origin")
        if len(hosts) != 1 or hosts[0].lower() not in self.server.names:
            return self._say(HTTPStatus.MISDIRECTED_REQUEST)
        if any(origin.lower() not in {f"http://{name}" for name in self.server.names} for origin in origins):
            return self._say(HTTPStatus.FORBIDDEN)
        if any(self._is_token(part.removeprefix("token=")) for part in query.split("&") if part.startswith("token=")):
            clean = path if re.fullmatch(r"/([A-Za-z0-9%._~-]+/)*[A-Za-z0-9%._~-]*", path) else "/"
            cookie = f"{self.server.cookie}={self.server.token}; Path=/; HttpOnly; SameSite=Strict"
            return self._send(HTTPStatus.SEE_OTHER, b"", KINDS[".toml"], more={"Location": clean, "Set-Cookie": cookie})
        if not self._has_cookie():
            return self._say(HTTPStatus.FORBIDDEN)
        self.server.is_owners(self.request)
        return self._show(path)

    do_HEAD = do_GET

    def _show(self, path: str) -> None:
        try:
            if path == "/":
                return self._send(HTTPStatus.OK, self.server.runs.html().encode("utf-8"), KINDS[".html"])
            names = _names(path)
            found = self.server.runs.find(names) if names else None
        except WeighError as error:
            return self._say(HTTPStatus.INTERNAL_SERVER_ERROR, text=visible(error))
        file = _opened(found) if found else None
        if file is None:
            return self._say(HTTPStatus.NOT_FOUND)
        with file:
            return self._send_file(file, Path(names[-1]).suffix)

    def _send_file(self, file: BinaryIO, suffix: str) -> None:
        size = os.fstat(file.fileno()).st_size
        self._head(HTTPStatus.OK, size, KINDS[suffix], file.read(2048) if suffix == ".html" else b"", {})
        file.seek(0)
        while self.command != "HEAD" and size > 0:
            # a file that grows meanwhile is sent as long as was announced
            part = file.read(min(size, 1 << 18))
            self.wfile.write(part)
            size = size - len(part) if part else 0

    def _say(self, status: HTTPStatus, more: Mapping[str, str] | None = None, *, text: str = "") -> None:
        body = (text or SAID.get(status, f"{status.phrase}.")) + "\n"
        self._send(status, body.encode("utf-8", "backslashreplace"), KINDS[".toml"], more=more)

    def _send(self, status: HTTPStatus, body: bytes, kind: str, *, more: Mapping[str, str] | None = None) -> None:
        self._head(status, len(body), kind, body[:2048], more or {})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, size: int, kind: str, begins: bytes, more: Mapping[str, str]) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(size),
            "Content-Security-Policy": policy_of(begins) if kind == KINDS[".html"] else PLAIN,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            **more,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _given(self, name: str) -> list[str]:
        return [str(value).strip() for value in self.headers.get_all(name) or []]

    def _is_token(self, given: str) -> bool:
        # as bytes: compare_digest refuses text beyond ASCII
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.server.token.encode("ascii"))

    def _has_cookie(self) -> bool:
        # read by hand: one odd cookie of another program on this host makes http.cookies give up on all
        pairs = [pair.strip().partition("=") for given in self._given("Cookie") for pair in given.split(";")]
        return any(self._is_token(value) for name, _, value in pairs if name == self.server.cookie)

    def _read_body(self) -> None:
        # closing with a body unread would reset the connection, and the answer would be lost
        length = self.headers.get("Content-Length", "")
        if re.fullmatch(r"[0-9]{1,6}", length):
            self.rfile.read(int(length))


def _names(path: str) -> list[str]:
    """A path's names, each decoded once and after it was split, so that no code in a name can split it further."""
    if not (path.startswith("/") and path.isascii()):
        return []
    return [os.fsdecode(unquote_to_bytes(name)) for name in path[1:].split("/")]


def _opened(path: Path) -> BinaryIO | None:
    """A file to read; None where it is gone, or is no file, such as a pipe that would never end."""
    wanted = ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK")
    try:
        number = os.open(path, os.O_RDONLY | sum(getattr(os, name, 0) for name in wanted))
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(number).st_mode):
        return os.fdopen(number, "rb")
    os.close(number)
    return None


def view(folder: str | Path, *, port: int = 0, browser: bool = True) -> None:
    """Serve a folder of runs until Ctrl-C; the address is printed on stdout.

    Parameters
    ----------
    folder : str or Path
        The folder of runs.
    port : int
        0 takes a free one.
    browser : bool
        Open the page, where stdout is a terminal.

    Raises
    ------
    InputError
        There is no such folder, or the port cannot be had.
    """
    with contextlib.suppress(KeyboardInterrupt), ViewServer(folder, port) as server:
        # Ctrl-C reaches the main thread, which therefore only waits: so it cannot break into the server's own work
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        serving.start()
        try:
            say(f"serving {server.runs.root} to this machine only; Ctrl-C ends it")
            print(server.url, flush=True)
            if browser and sys.stdout.isatty():
                # beside the server, as a browser in the terminal returns only when it is left
                threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
            while serving.is_alive():
                serving.join(1)
        finally:
            server.shutdown()
