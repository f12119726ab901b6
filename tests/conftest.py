"""Property tests draw the same examples in every run, so that a failure is the change's own.

`HYPOTHESIS_PROFILE=explore python -m pytest` draws new ones, to look for what nobody has thought of.
"""

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True, database=None)
settings.register_profile("explore")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
