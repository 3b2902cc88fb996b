"""The SQL of the table of finished delivery sessions: how it is made, and how it is read.

Whoever owns the database makes the table; nothing here changes it. Parts in braces are replaced
by `psycopg.sql`.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, LiteralString

TABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?")

_TABLE: Final = """\
CREATE TABLE {table} (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    finished_at    timestamptz NOT NULL DEFAULT now() CHECK (isfinite(finished_at)),
    delivery       text NOT NULL,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX ON {table} (transaction_id, id);
-- The delivery system may add sessions and leave the rest to the defaults; we may read them.
-- GRANT INSERT (finished_at, delivery) ON {table} TO delivery_system;
-- GRANT SELECT ON {table} TO scoring;
"""

# A row of the catalogue for each column: name, type, whether it must have a value, its default.
COLUMNS: Final[LiteralString] = """
    SELECT attname, format_type(atttypid, NULL), attnotnull,
           coalesce(pg_get_expr(adbin, adrelid), '')
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""
# Every transaction from the second value on is still to come.
HORIZON: Final[LiteralString] = """
    SELECT concat_ws('/', system_identifier, timeline_id, current_database()),
           pg_snapshot_xmax(pg_current_snapshot())::text::numeric
    FROM pg_control_system(), pg_control_checkpoint()
"""
NEWEST: Final[LiteralString] = """
    SELECT max(transaction_id::text::numeric) FROM (
        SELECT transaction_id FROM {table} ORDER BY transaction_id DESC LIMIT 1
    ) AS newest
"""
# Below xmin every transaction has ended: which rows are there is final.
BATCH: Final[LiteralString] = """
    SELECT transaction_id::text, id, finished_at FROM {table} AS session
    WHERE (transaction_id, id) > (%(after_transaction)s::xid8, %(after_id)s::bigint)
      AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
      AND (%(upto_id)s::bigint IS NULL
           OR (transaction_id, id) <= (%(upto_transaction)s::xid8, %(upto_id)s::bigint))
    -- Without the name of the table this would be the text above, in which 1000 is before 999.
    ORDER BY session.transaction_id, session.id
    LIMIT %(most)s
"""
ROWS: Final[LiteralString] = """
    SELECT convert_to(delivery::text, 'UTF8') FROM {table}
    WHERE (transaction_id, id) > (%(after_transaction)s::xid8, %(after_id)s::bigint)
      AND (transaction_id, id) <= (%(upto_transaction)s::xid8, %(upto_id)s::bigint)
      AND finished_at >= %(begin)s AND finished_at < %(end)s
    ORDER BY transaction_id, id
"""
WAITING: Final[LiteralString] = """
    SELECT count(*) FROM {table}
    WHERE (transaction_id, id) > (%(after_transaction)s::xid8, %(after_id)s::bigint)
"""

_TYPES: Final = {
    "id": ("bigint", "integer"),
    "finished_at": ("timestamp with time zone",),
    # Not jsonb: it keeps the last of two equal keys and writes 1e2 as 100, which is another
    # snapshot. json keeps the text, as text does.
    "delivery": ("text", "json"),
    "transaction_id": ("xid8",),
}


def create_table_sql(table: str) -> str:
    """Return the statements that make the table.

    >>> create_table_sql("delivery_session").splitlines()[0]
    'CREATE TABLE delivery_session ('
    """
    return _TABLE.format(table=table)


def shape_problem(columns: Sequence[tuple[Any, ...]]) -> str:
    """Say what is wrong with a table's columns; nothing if they are as they must be."""
    if not columns:
        return (
            "does not exist, or is not on the search path: `fetch --table-sql` shows how to make it"
        )
    found = {name: (kind, is_required, default) for name, kind, is_required, default in columns}
    for name, kinds in _TYPES.items():
        kind, is_required, default = found.get(name, ("no such column", False, ""))
        if kind not in kinds or not is_required:
            return (
                f"must have a column {name} of type {' or '.join(kinds)} NOT NULL, and has "
                f"{kind}{'' if is_required else ' that may be null'}: `fetch --table-sql` shows "
                "how to make it"
            )
        if name == "transaction_id" and "pg_current_xact_id" not in default:
            return (
                "must fill transaction_id by DEFAULT pg_current_xact_id(), or rows could be "
                "missed: `fetch --table-sql` shows how to make it"
            )
    return ""
