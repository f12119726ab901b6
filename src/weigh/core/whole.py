"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Put a file in its place in one step, so that a reader, or a kill, meets the old one or the new one.

    Parameters
    ----------
    path : Path
        The file; its folder is there already.

    Yields
    ------
    Path
        A hidden file beside it, not there yet.

    Raises
    ------
    OSError
        It cannot be written; nothing is left behind, and an earlier file stays as it was.
    """
    # a part of the name, as one with more than 255 bytes could not be made
    scratch = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}")
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file by `whole`, all of it at once."""
    with whole(path) as scratch:
        scratch.write_bytes(data)
