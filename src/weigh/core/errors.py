"""What can go wrong, in a handful of classes.

Every message says what was given, what was expected and what to do. A caller who catches `WeighError` catches all that
this package raises on purpose; each class is also the built-in error that the same fault would raise elsewhere.
"""

from __future__ import annotations

import importlib
from types import ModuleType


class WeighError(Exception):
    """The root of all errors that weigh raises on purpose."""


class InputError(WeighError, ValueError):
    """Data or an option cannot be used: wrong shape, NaN, empty, unknown name."""


class ScaleError(InputError):
    """Values on one scale were used as if they were on another."""


class AbilityError(WeighError, NotImplementedError):
    """A judge lacks an ability that an instrument needs."""


class LedgerError(WeighError, OSError):
    """The ledger cannot be written, read or locked."""


class MissingExtra(WeighError, ImportError):
    """An optional library is not installed."""


def need(module: str, extra: str) -> ModuleType:
    """Import an optional library, or say which extra brings it.

    Parameters
    ----------
    module : str
        Dotted name of the library's module.
    extra : str
        The extra of weigh that installs it.

    Raises
    ------
    MissingExtra
        The library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"{module.split('.')[0]} is needed here and is not installed; run: pip install 'weigh[{extra}]'"
        ) from error
