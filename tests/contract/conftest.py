"""Puts the samples and the toy extension, which is not installed here, where the battery can import them."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "extension" / "weigh_toy")]
