"""A page as PDF: the same bytes again, and nothing fetched."""

import sys

import pytest

from assessment_pipeline.errors import UsageError
from assessment_pipeline.pages.labels import load_labels
from assessment_pipeline.pages.models import Kind
from assessment_pipeline.pages.pdf import render_pdf
from assessment_pipeline.pages.scorecard import render_scorecard
from assessment_pipeline_tests.pages.cards import card


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_pdf_has_the_same_bytes_when_made_again() -> None:
    try:
        import weasyprint  # noqa: F401 - is it there?
    except (ImportError, OSError):
        pytest.skip("weasyprint or Pango is not installed")
    text = render_scorecard(card(), load_labels(), Kind.STAFF)
    pdf = render_pdf(text)
    assert pdf.startswith(b"%PDF-")
    # The first is kept, so that its objects' addresses in memory are not used again.
    assert render_pdf(text) == pdf


def test_without_weasyprint_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match=r"the extra `pdf`.*pip install '\.\[pdf\]'"):
        render_pdf("<p>x</p>")
