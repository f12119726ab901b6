"""What a model wants, as utilities of states of the world, and whether these are any; one file an experiment.

`ask` puts the questions, `read` has a second judge match open replies, `utility_engineering` scores, with no model at
hand; `recorded` reads files of comparisons. Source: Mazeika et al., arXiv:2502.08640.
"""

from weigh.measure.utility_engineering._asking import EXPERIMENTS, ask, limited
from weigh.measure.utility_engineering._files import recorded
from weigh.measure.utility_engineering.maximisation import read
from weigh.measure.utility_engineering.scoring import utility_engineering

__all__ = ["EXPERIMENTS", "ask", "limited", "read", "recorded", "utility_engineering"]
