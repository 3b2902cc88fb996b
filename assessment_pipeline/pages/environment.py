"""The templates' environment: everything escaped, unseen signs made visible, one sheet of style.

What a template puts into a page is escaped, and its unseen signs are shown as `pages.visible_text`
says. That is not done to Markup, which comes from here, from labels and numbers, and from the
figures; who makes Markup of a text calls `visible` first. A page's policy allows nothing but the
style inside of it: no script, no picture, no connection, whatever a response holds.
"""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from assessment_pipeline.pages.bars import VIEW_BOX, bar
from assessment_pipeline.pages.visible_text import visible

if TYPE_CHECKING:
    from jinja2 import Environment, Template

# Part of the key by which pages are renewed: raise it whenever a page's bytes change.
PAGE_VERSION: Final = "2"


@cache
def template(name: str) -> "Template":
    """Return a template of the pages of scorecards."""
    from markupsafe import Markup

    style = _text("scorecard.css")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    made = environment("scorecard.css", f"'sha256-{digest}'")
    made.globals |= {
        # Ours, and made of numbers and colours alone.
        "bar": lambda share: Markup(bar(share)),  # noqa: S704
        "view_box": VIEW_BOX,
    }
    return made.get_template(name)


def environment(style_name: str, style_source: str) -> "Environment":
    """Return what renders the templates of this package with a style sheet of it.

    `style_source` is what the page's policy allows as style.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: object) -> object:
        if isinstance(value, Markup):
            return value
        return visible(value) if isinstance(value, str) else value

    made = Environment(
        autoescape=True,
        finalize=shown,
        loader=PackageLoader("assessment_pipeline.pages"),
        keep_trailing_newline=True,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals |= {
        "policy": f"default-src 'none'; style-src {style_source}; base-uri 'none'; "
        "form-action 'none'",
        "style": Markup(_text(style_name)),  # noqa: S704
    }
    return made


def _text(name: str) -> str:
    return files("assessment_pipeline.pages").joinpath(name).read_text(encoding="utf-8")
