"""Figure style: what Matplotlib draws with, whatever the user's matplotlibrc says.

All figures of all pages are drawn inside of `figure_style`: Matplotlib's own defaults, ours over
them. A setting of one figure alone belongs to that figure.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

_OURS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        # Ids are hashes, salted with this and not with a random number.
        "svg.hashsalt": "assessment_pipeline",
        "svg.fonttype": "none",
        "font.family": ["DejaVu Sans"],
        # A dollar sign is one.
        "text.parse_math": False,
    }
)
# What a figure is drawn on is chosen by its format, and changing it here would load another.
_LEFT: Final = frozenset({"backend"})
NO_METADATA: Final = MappingProxyType(dict.fromkeys(("Creator", "Date", "Format", "Type")))
_MISSING_GLYPH: Final = r"Glyph \d+ \(.*\) missing from font"


@contextmanager
def figure_style(own: Mapping[str, Any] = MappingProxyType({})) -> Iterator[None]:
    """Draw with our settings, and with those of a figure of its own."""
    import matplotlib as mpl

    settings: dict[Any, Any] = {
        key: value for key, value in mpl.rcParamsDefault.items() if key not in _LEFT
    }
    settings |= _OURS
    settings |= own
    with warnings.catch_warnings(), mpl.rc_context(settings):
        # Texts stay texts, so no font needs the glyph, and the warning names what somebody wrote.
        warnings.filterwarnings("ignore", _MISSING_GLYPH, UserWarning)
        yield
