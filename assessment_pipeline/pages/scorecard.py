"""The scorecard page: one session's result, for the candidate or, with all evidence, for staff."""

from collections.abc import Iterator

from assessment_pipeline.pages.environment import template
from assessment_pipeline.pages.labels import Labels
from assessment_pipeline.pages.models import Kind, ScorecardPage
from assessment_pipeline.pages.quotations import parts


def render_scorecard(
    page: ScorecardPage, labels: Labels, kind: Kind = Kind.CANDIDATE, index_file: str | None = None
) -> str:
    """Return a scorecard as HTML.

    Args:
        page: what is shown.
        labels: the words around it.
        kind: whom it is for.
        index_file: the class index beside it, to link to.
    """
    return template("scorecard.html").render(
        page=page,
        t=labels,
        kind=kind,
        missing=tuple(_missing(page, labels)),
        index_file=index_file,
        quotations=parts,
    )


def _missing(page: ScorecardPage, labels: Labels) -> Iterator[str]:
    """Yield in words what keeps a scorecard from being final."""
    if page.status == "voided":
        yield labels("missing.voided")
        return
    reasons = (
        ("missing.ratings", ("pending_ratings",)),
        ("missing.unscorable", ("unscorable", "error")),
    )
    for key, statuses in reasons:
        if items := page.items_in(*statuses):
            yield labels(key, items=", ".join(items))
    if not page.is_final and page.rubric_version is None:
        yield labels("missing.rubric")
