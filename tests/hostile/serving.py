"""The viewer, served while a test looks at it."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from weigh.doors.view import ViewServer


@contextmanager
def serving(folder, port=0):
    """A server of a folder of runs; it must leave no thread behind."""
    before = set(threading.enumerate())
    with ViewServer(folder, port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
    assert set(threading.enumerate()) <= before, "the server left threads behind"
