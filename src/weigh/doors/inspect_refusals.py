"""What weigh refuses, said the way in which inspect-ai tells its users: one sentence and no traceback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from weigh.core.errors import WeighError


@contextlib.contextmanager
def told_plainly() -> Iterator[None]:
    """Turn an error that weigh raises on purpose into inspect-ai's error of the user's making.

    Raises
    ------
    PrerequisiteError
        Of inspect-ai, in place of ours, with its sentence; brackets are text there and no markup.
    """
    from inspect_ai._util.error import PrerequisiteError
    from rich.markup import escape

    try:
        yield
    except WeighError as error:
        raise PrerequisiteError(escape(" ".join(str(error).split()))) from error
