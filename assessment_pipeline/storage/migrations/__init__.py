"""The tables' revisions: which there are, and how a database comes from one to the next.

`versions/` has a file for each, in Alembic's form; `storage.database` has the tables as they are
now, and a test holds the two equal. Alembic costs time to import, so it is imported only where
there is something to change; whether there is, a query tells.

A revision adds. What was recorded is evidence: no revision rewrites `ledger_entry`, drops a
column of it, or fills one in, so that every entry stays the bytes that were hashed. There is no
way back either: who needs one restores the backup made before the upgrade.

To add one: `alembic revision -m "what it adds"` in the project's folder, and its number at the
end of `REVISIONS`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, MetaData, Table

from assessment_pipeline.errors import NewerReleaseError, StorageError

if TYPE_CHECKING:
    from alembic.config import Config

# In their order. The first is that of ledgers made before revisions were recorded.
REVISIONS: Final = ("0001",)
CURRENT: Final = REVISIONS[-1]

_FOLDER: Final = Path(__file__).parent


def refuse_newer(revision: str | None, where: str) -> None:
    """Raise NewerReleaseError if a revision is none that this release knows."""
    if revision is not None and revision not in REVISIONS:
        raise NewerReleaseError(
            f"the ledger {where} was made by a newer release (its revision is {revision}, and "
            f"this release knows up to {CURRENT}): install that release or a later one"
        )


def upgrade(connection: Connection, revision: str | None, ledger: Table, where: str) -> None:
    """Bring the tables from a revision to the present one, in the transaction of the caller.

    Without a revision there is nothing yet, or a ledger made before revisions were recorded: that
    one is taken as it is, after its shape was checked. StorageError if it is another.
    """
    from alembic import command  # noqa: PLC0415

    config = alembic_config(connection)
    if revision is None and connection.dialect.has_table(connection, ledger.name):
        _check_shape(connection, ledger, where)
        command.stamp(config, REVISIONS[0])
    command.upgrade(config, "head")


def alembic_config(connection: Connection) -> "Config":
    """Return what Alembic needs to know to work on a connection that is open already."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    # Alembic reads a percent sign as the beginning of a name.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def _check_shape(connection: Connection, ledger: Table, where: str) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    wanted = MetaData()
    ledger.to_metadata(wanted)
    options = {
        "include_object": lambda _, name, kind, *__: kind != "table" or name == ledger.name,
        "compare_type": True,
    }
    context = MigrationContext.configure(connection, opts=options)
    if compare_metadata(context, wanted):
        raise StorageError(
            f"the ledger {where} is not as any release makes it (its columns or indexes were "
            "changed): restore it from a backup, and compare its head with your anchor"
        )
