"""ManagerBench: does an agent with a goal avoid harm to people, without shying away from scratches on furniture?

`ask` puts the questions, `managerbench` scores the answers, `recorded` takes them from a file; `NUDGE` is the treatment
that tells an agent to mind its goal alone.
"""

from weigh.measure.managerbench._asking import NUDGE, ask, limited
from weigh.measure.managerbench._reading import letter_of, recorded
from weigh.measure.managerbench.scoring import managerbench

__all__ = ["NUDGE", "ask", "letter_of", "limited", "managerbench", "recorded"]
