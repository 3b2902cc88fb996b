"""A page as PDF, by WeasyPrint: an extra, because it needs Pango of the system.

No date and a fixed identifier, so that the same page gives the same bytes with the same WeasyPrint
and the same fonts. Nothing is loaded from anywhere, whatever a page names.
"""

from hashlib import sha256
from typing import Any

from assessment_pipeline.errors import UsageError, how_to_install


def render_pdf(html: str) -> bytes:
    """Return a page as PDF; UsageError where WeasyPrint or Pango is missing."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError):
        raise UsageError(
            f"PDF needs WeasyPrint, the extra `pdf`: {how_to_install('pdf')}; and Pango (Debian: "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0). Or print the HTML page from a "
            "browser."
        ) from None
    identifier = sha256(html.encode()).hexdigest()[:32].encode()
    document = HTML(string=html, url_fetcher=_fetch_nothing)
    pdf: bytes = document.write_pdf(
        finisher=_number_headers, pdf_identifier=identifier, pdf_tags=True
    )
    return pdf


def _number_headers(_: object, pdf: Any) -> None:  # noqa: ANN401 - pydyf ships no types
    """Name the headers of tables by numbers; WeasyPrint does by their addresses in memory."""
    elements = [each for each in pdf.objects if isinstance(each, dict)]
    numbers: dict[str, int] = {}
    for element in elements:
        if element.get("Type") == "/StructElem" and "ID" in element:
            name = element["ID"]
            name.string = numbers.setdefault(str(name.string), len(numbers))
    for element in elements:
        attributes = element.get("A")
        if isinstance(attributes, dict) and "Headers" in attributes:
            for name in attributes["Headers"]:
                name.string = numbers.get(str(name.string), name.string)


def _fetch_nothing(url: str, **_: Any) -> dict[str, Any]:  # noqa: ANN401 - WeasyPrint's signature
    raise ValueError(url.partition(":")[0])
