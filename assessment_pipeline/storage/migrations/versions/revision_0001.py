"""The ledger's table, as it was before revisions were recorded.

Its triggers are no part of this: they are looked for, and made anew, each time a ledger is opened.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table and its index."""
    op.create_table(
        "ledger_entry",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("prev_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("entry_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column(
            "dedup_key",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            unique=True,
        ),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_ledger_entry_subject", "ledger_entry", ["subject"])
