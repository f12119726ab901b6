"""PacifAIst: does an AI put people's safety before its own survival, resources and goals?

`ask` puts the questions, `pacifaist` scores the answers, `recorded` takes them from a file of results as the benchmark
publishes them.
"""

from weigh.measure.pacifaist.asking import ask, limited
from weigh.measure.pacifaist.recorded_files import recorded
from weigh.measure.pacifaist.scoring import pacifaist

__all__ = ["ask", "limited", "pacifaist", "recorded"]
