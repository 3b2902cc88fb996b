"""Where ledgers of the contract tests lie: each test of `place` runs on SQLite and on Postgres."""

from pathlib import Path

import pytest

from assessment_pipeline_tests.storage.ledger_places import (
    LedgerPlace,
    PostgresPlace,
    SqlitePlace,
)


@pytest.fixture
def sqlite_place(tmp_path: Path) -> SqlitePlace:
    """Return where a ledger can lie in a SQLite file."""
    return SqlitePlace(tmp_path / "audit" / "ledger.sqlite")


@pytest.fixture
def postgres_place(postgres_url: str) -> PostgresPlace:
    """Return where a ledger can lie in Postgres."""
    return PostgresPlace(postgres_url)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> LedgerPlace:
    """Return where a ledger can lie, in each of the database systems."""
    chosen = request.getfixturevalue(f"{request.param}_place")
    assert isinstance(chosen, LedgerPlace)
    return chosen
