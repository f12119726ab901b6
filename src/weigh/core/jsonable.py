"""Plain JSON from what a result holds, so that every file we write is one that any program can read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from weigh.core.errors import InputError


def plain(x: Any, where: str = "value") -> Any:
    """The same content in JSON's own types.

    Parameters
    ----------
    x : object
        Mappings with text keys, sequences, numpy arrays and numbers, text, truth values, None.
    where : str
        What to call `x` in an error.

    Returns
    -------
    object
        dict, list, str, int, float, bool or None; NaN and infinities become None, as JSON has none.

    Raises
    ------
    InputError
        Something inside has no form in JSON.
    """
    if x is None or isinstance(x, str | bool):
        return x if type(x) in (str, bool) or x is None else str(x)
    if isinstance(x, np.generic | np.ndarray):
        return plain(x.tolist(), where)
    if isinstance(x, int):
        return int(x)
    if isinstance(x, float):
        return float(x) if math.isfinite(x) else None
    if isinstance(x, Mapping):
        for key in x:
            if not isinstance(key, str):
                raise InputError(
                    f"{where} has the key {key!r} of type {type(key).__name__}; JSON keys are text: use str"
                )
        return {str(key): plain(value, f"{where}[{key!r}]") for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [plain(value, f"{where}[{i}]") for i, value in enumerate(x)]
    if isinstance(x, Set):
        return sorted((plain(value, where) for value in x), key=repr)
    raise InputError(
        f"{where} is a {type(x).__name__}, which has no form in JSON; expected text, numbers, lists or mappings: "
        "convert it first"
    )
