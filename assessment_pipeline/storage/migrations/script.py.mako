"""${message[:1].upper() + message[1:]}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Add what this revision adds; the entries of the ledger stay as they are."""
    ${upgrades if upgrades else "raise NotImplementedError"}
