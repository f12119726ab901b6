"""What kind of numbers values are.

It is checked at every joint, so that nobody adds ranks, averages shares or pools money with log-odds by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from weigh.core.errors import InputError, ScaleError

Level = Literal["ordinal", "interval", "ratio"]
Support = Literal["real", "positive", "unit", "simplex"]
LEVELS: tuple[Level, ...] = ("ordinal", "interval", "ratio")
SUPPORTS: tuple[Support, ...] = ("real", "positive", "unit", "simplex")


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of measurement.

    Parameters
    ----------
    level : {"ordinal", "interval", "ratio"}
        Whether only order, also differences, or also ratios have a meaning.
    support : {"real", "positive", "unit", "simplex"}
        Any number; 0 or more; 0 to 1; shares that sum to 1.
    unit : str
        "log-odds", "item SD", "USD", "%" …; free text.

    Raises
    ------
    InputError
        An unknown level or support, or a unit that is not text.

    References
    ----------
    Stevens, S. S. (1946). On the theory of scales of measurement. Science 103, 677-680.

    Examples
    --------
    >>> print(Scale("interval", "real", "log-odds"))
    interval scale, real, in log-odds
    """

    level: Level
    support: Support = "real"
    unit: str = ""

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise InputError(f"level is {self.level!r}; expected one of {', '.join(LEVELS)}")
        if self.support not in SUPPORTS:
            raise InputError(f"support is {self.support!r}; expected one of {', '.join(SUPPORTS)}")
        if not isinstance(self.unit, str):
            raise InputError(f"unit is {self.unit!r}; expected text, such as 'log-odds' or 'USD'")

    def __str__(self) -> str:
        return f"{self.level} scale, {self.support}" + (f", in {self.unit}" if self.unit else "")

    def require(self, other: Scale, purpose: str = "putting values together") -> None:
        """Refuse another scale.

        Parameters
        ----------
        other : Scale
            The scale that this one meets.
        purpose : str
            What is being done, for the message.

        Raises
        ------
        ScaleError
            Level, support or unit differ.
        """
        if self != other:
            raise ScaleError(
                f"{purpose} needs one scale; got ({self}) and ({other}): express both in one unit, compare each "
                "person's ranking() instead, or use a method that takes rankings"
            )

    def at_least(self, level: Level, purpose: str) -> None:
        """Refuse a scale on which an operation has no meaning.

        Parameters
        ----------
        level : {"ordinal", "interval", "ratio"}
            What the operation needs.
        purpose : str
            The operation, for the message.

        Raises
        ------
        ScaleError
            The level is lower.
        """
        if LEVELS.index(self.level) < LEVELS.index(level):
            raise ScaleError(
                f"{purpose} needs at least an {level} scale; got ({self}): use ranking(), which needs order only, or "
                "measure on a scale that has it"
            )
