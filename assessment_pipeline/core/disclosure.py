"""Disclosure: when a number over candidates may be shown.

A mean of a few tells what one of them has got, and so do two means of which one has a candidate
more. Which numbers follow the rule is said where they are computed.
"""

from typing import Final

FEWEST_CANDIDATES: Final = 5
"""How many candidates must be behind a number."""
