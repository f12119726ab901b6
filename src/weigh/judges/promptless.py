"""What judges share that are not asked in words: files, people and scripts are given the ask itself."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Self

from weigh.core.question import UNTREATED, Ask, Condition, Prompt


class Promptless:
    """A judge without prompts; what it answers under a treatment goes by the treatment's name."""

    seeded = False
    condition: Condition = UNTREATED

    def under(self, condition: Condition) -> Self:
        """The same judge under a treatment."""
        treated = copy.copy(self)
        treated.condition = self.condition.and_then(condition)
        return treated

    def render(self, asks: Sequence[Ask]) -> list[list[Prompt]]:
        """No prompts: an empty list for each ask."""
        return [[] for _ in asks]
