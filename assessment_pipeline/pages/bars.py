"""Bars: a share of a maximum as a small SVG, drawn by Matplotlib.

A figure a bar and no text in it: names and numbers stand beside it in the page, where they are
escaped, read aloud and translated. So there are at most 1,001 different figures, each drawn once a
process; a figure a page would cost some 30 ms a page.
"""

import io
import re
from fractions import Fraction
from functools import cache
from typing import Final

from assessment_pipeline.pages.figure_style import figure_style

_STEPS: Final = 1000
_SIZE_INCHES: Final = (2.4, 0.2)
_FILLED: Final = "#1f6f8b"
_EMPTY: Final = "#e3e9ee"
_EDGE: Final = "#5c6b77"

_CONTENT: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>|<defs>.*?</defs>", re.DOTALL)
_ID: Final = re.compile(r' id="[^"]*"')
_STYLE: Final = re.compile(r' style="([^"]*)"')
_SPACE: Final = re.compile(r"\s*\n\s*")

VIEW_BOX: Final = f"0 0 {_SIZE_INCHES[0] * 72:g} {_SIZE_INCHES[1] * 72:g}"


def bar(share: Fraction) -> str:
    """Return the inside of an SVG of `VIEW_BOX`; shares below 0 and above 1 are drawn as these."""
    return _draw(min(max(round(share * _STEPS), 0), _STEPS))


@cache
def _draw(steps: int) -> str:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    file = io.BytesIO()
    with figure_style():
        figure = Figure(figsize=_SIZE_INCHES)
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set_xlim(-0.01, 1.01)
        axes.set_ylim(0, 1)
        for width, face, edge in ((1, _EMPTY, _EDGE), (steps / _STEPS, _FILLED, "none")):
            axes.add_patch(
                Rectangle((0, 0.1), width, 0.8, facecolor=face, edgecolor=edge, clip_on=False)
            )
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return _without_styles(file.getvalue().decode())


def _without_styles(svg: str) -> str:
    """Return what is drawn, with attributes for styles and without ids.

    The page's policy lets in the one style sheet it names, and ids must be unique in a page.
    """
    found = _CONTENT.search(svg)
    content = _METADATA.sub("", found.group(1) if found else "")
    content = _STYLE.sub(lambda style: _attributes(style.group(1)), _ID.sub("", content))
    return _SPACE.sub("", content).strip()


def _attributes(style: str) -> str:
    pairs = (part.partition(":") for part in style.split(";") if part.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, _, value in pairs)
