"""A package that opposed groups can all accept, within a budget; see `weigh.pool.negotiation.negotiating`."""

from weigh.pool.negotiation.agents import Said, Situation, best_for_itself, by_choosing, by_writing
from weigh.pool.negotiation.bargaining import Bargain, bargain
from weigh.pool.negotiation.dissent import disagreement
from weigh.pool.negotiation.negotiating import negotiation
from weigh.pool.negotiation.optima import yardsticks
from weigh.pool.negotiation.problem import Problem
from weigh.pool.negotiation.table import problem_of

__all__ = [
    "Bargain",
    "Problem",
    "Said",
    "Situation",
    "bargain",
    "best_for_itself",
    "by_choosing",
    "by_writing",
    "disagreement",
    "negotiation",
    "problem_of",
    "yardsticks",
]
