"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in its place in one step, so that a reader, or a kill, meets the old one or the new one.

    Parameters
    ----------
    path : Path
        Its folder is there already.
    data : bytes
        All of it.

    Raises
    ------
    OSError
        It cannot be written; nothing is left behind, and an earlier file stays as it was.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_bytes(data)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
