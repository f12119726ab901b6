"""Pool ratings by the middle of their range: for each item (lowest + highest) / 2.

A toy: one angry person can move it as far as they like. Real methods of pooling do not let them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.values import Values


@method(
    slug="toy-midrange",
    paper="this toy",
    takes=Ratings,
    gives=Values,
    departs="nothing",
    verb="pool",
    exempt={"one_class": "ratings that are all equal have a middle: each item is worth the same"},
)
def midrange(ratings: Ratings, *, bounds: Literal["range", "none"] = "range", shift: float = 0.0) -> Values:
    """Pool ratings by the middle of their range.

    Parameters
    ----------
    ratings : Ratings
        Of one person or more; rows of weight 0 are left aside.
    bounds : {"range", "none"}
        Whether the range is given as the interval.
    shift : float
        Added to all values, in the ratings' unit.

    Returns
    -------
    Values
        One number an item, on the ratings' own scale.

    Raises
    ------
    InputError
        Fewer than two items are rated.

    Examples
    --------
    >>> ratings = Ratings(who=["Ada", "Bo", "Ada", "Bo"], item=["tea", "tea", "rum", "rum"], value=[1, 4, 2, 3])
    >>> midrange(ratings).mean.tolist()
    [2.5, 2.5]
    """
    used = ratings.weight > 0
    items = tuple(dict.fromkeys(ratings.item[used].tolist()))
    if len(items) < 2:
        raise InputError(f"midrange got {len(items)} item; expected ratings of two or more, as values are relative")
    by_item = [ratings.value[used & (ratings.item == item)] for item in items]
    low = np.array([values.min() for values in by_item]) + shift
    high = np.array([values.max() for values in by_item]) + shift
    known = bounds == "range"
    return Values(
        items,
        ("all",),
        (low + high) / 2,
        low if known else None,
        high if known else None,
        scale=Scale("interval", "real", ""),
        method="pool/midrange",
    )
