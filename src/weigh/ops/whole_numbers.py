"""Whole numbers that something is counted or looked up by; a fraction is refused rather than cut off."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError


def whole_numbers(name: str, given: ArrayLike, below: int | None = None) -> NDArray[np.int64]:
    """A row of whole numbers from 0 as an array, once it is known to be one.

    Parameters
    ----------
    name : str
        What they are, for the error.
    given : array of int, shape (n,)
        May be empty.
    below : int, optional
        All are less than it, such as the length of what they are places in.

    Returns
    -------
    array of int, shape (n,)

    Raises
    ------
    InputError
        Not one row, fractions or text, a number below 0, or one that is too large.

    Examples
    --------
    >>> whole_numbers("seats", [2, 0]).tolist()
    [2, 0]
    """
    numbers = np.asarray(given)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        raise InputError(f"{name} has shape {numbers.shape} of {numbers.dtype}; expected one row of whole numbers")
    if numbers.size and (numbers.min() < 0 or (below is not None and numbers.max() >= below)):
        most = "" if below is None else f" to {below - 1}"
        raise InputError(f"{name} goes from {numbers.min()} to {numbers.max()}; expected whole numbers from 0{most}")
    return numbers.astype(np.int64)
