"""SVG: a Matplotlib figure as a picture inside a page, the same bytes every time.

Texts stay texts. Every id gets the figure's name before it, so that several figures can stand in
one page; the picture has a title and a description for those who do not see it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from assessment_pipeline.pages.figure_style import NO_METADATA, figure_style
from assessment_pipeline.pages.visible_text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#1b1f24"
MUTED: Final = "#57606a"
GRID: Final = "#d8dee4"
BLUE: Final = "#0b5cad"
RED: Final = "#b3261e"
SERIES: Final = ("#0b5cad", "#8a4b00", "#2b6a3a", "#7b2d8b", "#3d4a5c", "#8c6d00")
# Their number shares no factor with that of the colours, so that few options look alike.
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
_STYLE: Final[dict[Any, Any]] = {
    "font.size": 9.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}
_IDS: Final = re.compile(r'(\bid="|xlink:href="#|url\(#)')
_STYLESHEET: Final = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)


class Drawing:
    """A figure being drawn, and what it is called."""

    def __init__(self, figure: "Figure", axes: "Axes") -> None:
        """Draw on these axes."""
        self.figure, self.axes = figure, axes
        self.svg = Markup()
        """The picture, once the drawing has ended."""


@contextmanager
def drawing(
    name: str, title: str, description: str, size: tuple[float, float]
) -> Iterator[Drawing]:
    """Give axes to draw on; when the block ends, the drawing has its SVG.

    Args:
        name: what no other figure of the page is called; letters, digits and hyphens.
        title: what the figure shows; unseen signs are made visible.
        description: what there is to see; the same.
        size: width and height in inches; a page shows an inch as 72 pixels or more.
    """
    from matplotlib.figure import Figure

    with figure_style(_STYLE):
        figure = Figure(figsize=size, layout="constrained" if size[0] > 2 else None)
        drawn = Drawing(figure, figure.add_subplot())
        yield drawn
        written = StringIO()
        figure.savefig(written, format="svg", metadata=dict(NO_METADATA), transparent=True)
    drawn.svg = _inline(written.getvalue(), name, title, description)


def _inline(svg: str, name: str, title: str, description: str) -> Markup:
    body = svg[svg.index("<svg") :]
    view_box = re.search(r'viewBox="([^"]+)"', body)
    inside = body[body.index(">") + 1 :]
    inside = _STYLESHEET.sub("", inside)
    inside = _IDS.sub(rf"\g<1>{name}-", inside)
    shown = view_box.group(1) if view_box else "0 0 100 100"
    head = Markup(
        '<svg class="figure" role="img" xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}" '
        'aria-labelledby="{name}-title {name}-desc">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{description}</desc>'
    ).format(box=shown, name=name, title=visible(title), description=visible(description))
    # Matplotlib escapes what it writes; nothing else is in it.
    return head + Markup(inside.strip())  # noqa: S704
