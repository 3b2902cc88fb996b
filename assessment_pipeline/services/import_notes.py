"""Import notes: what in a table of answers may not be meant as it stands, said when it comes in.

Nothing of this stops an import, for rubrics may come later. Notes name columns, lines and counts,
never what stands in a cell.
"""

from collections.abc import Iterator, Sequence

from assessment_pipeline.core.answer_matrix import MatrixDelivery
from assessment_pipeline.core.instants import Instant
from assessment_pipeline.services.checks.findings import named
from assessment_pipeline.storage.home import Home


def notes_on(
    delivery: MatrixDelivery, home: Home, table: str, assessment_id: str, submitted_at: Instant
) -> Iterator[str]:
    """Yield what to look at, a sentence each.

    Args:
        delivery: what the table became.
        home: where the rubrics are, if there are any yet.
        table: what to call the table.
        assessment_id: what the candidates took.
        submitted_at: when they handed it in.
    """
    for item_id, cells in delivery.decimal_commas:
        looks = "cell looks like a number" if cells == 1 else "cells look like numbers"
        yield (
            f"{cells:,} {looks} with a decimal comma in column {item_id}: rules read 3.14, not "
            "3,14. If they are numbers, import with --decimal-comma."
        )
    if delivery.short_rows:
        first, *others = delivery.short_rows
        more = f" (and {len(others):,} more)" if others else ""
        yield (
            f"{table}, line {first}{more}: the row has fewer cells than the header; what it lacks "
            "counts as omitted."
        )
    yield from _against_rubrics(delivery.item_ids, home, assessment_id, submitted_at)


def _against_rubrics(
    item_ids: Sequence[str], home: Home, assessment_id: str, submitted_at: Instant
) -> Iterator[str]:
    # Pydantic, which rubrics are read with, costs more than an import without them.
    from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue  # noqa: PLC0415
    from assessment_pipeline.services.rubrics import rubric_files  # noqa: PLC0415

    files = rubric_files(home)
    known = sorted({file.assessment_id for file in files})
    if not known:
        return
    if assessment_id not in known:
        yield f"There is no rubric {assessment_id}; there are: {named(known, ', ')}"
        return
    catalogue = RubricCatalogue(file for file in files if file.assessment_id == assessment_id)
    if catalogue.problems:
        yield f"The rubric {assessment_id} has problems; see `assessment-pipeline rubric check`."
        return
    version = catalogue.select(assessment_id, submitted_at)
    if version is None:
        yield f"No version of the rubric {assessment_id} is valid yet when this was submitted."
    elif version.rubric.default_item is None:
        unknown = [item_id for item_id in item_ids if item_id not in version.rubric.items]
        if len(unknown) == 1:
            yield f"Column {unknown[0]} is no item of {assessment_id}."
        elif unknown:
            yield f"{len(unknown)} columns are no items of {assessment_id}: {named(unknown, ', ')}"
