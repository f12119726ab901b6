"""Are answers to value-laden questions consistent: over paraphrases, topics, ways of asking, and languages?

`ask` puts the questions, `read` has a second judge say which stance a passage takes, `value_consistency` scores, with
no model at hand; `recorded` reads files of answers.
"""

from weigh.measure.value_consistency._asking import ask, limited, read
from weigh.measure.value_consistency._files import recorded
from weigh.measure.value_consistency.scoring import value_consistency

__all__ = ["ask", "limited", "read", "recorded", "value_consistency"]
