"""What rows of data, or their owners, are worth to a learner; see `weigh.credit.data_shapley.valuing`."""

from weigh.credit.data_shapley.rows import Rows, rows_of
from weigh.credit.data_shapley.score import Score
from weigh.credit.data_shapley.uses import expected_values, noise_recall, removal_curve
from weigh.credit.data_shapley.valuing import data_shapley

__all__ = ["Rows", "Score", "data_shapley", "expected_values", "noise_recall", "removal_curve", "rows_of"]
