"""Looking up many subjects in the ledger at once; the one query that `storage.ledger` lacks."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select

from assessment_pipeline.core.ledger import Entry
from assessment_pipeline.storage.database import LEDGER_ENTRY, key_table
from assessment_pipeline.storage.ledger import Ledger


def entries_about(ledger: Ledger, event_type: str, subjects: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries of one event type about any of the subjects, in no particular order."""
    columns = LEDGER_ENTRY.columns
    wanted = key_table(subjects)
    statement = (
        select(*columns)
        .join(wanted, columns.subject == wanted.c.value)
        .where(columns.event_type == event_type)
    )
    with ledger._reading() as connection:  # noqa: SLF001 - the query belongs into the class
        for row in connection.execute(statement):
            yield Entry._make(row)
