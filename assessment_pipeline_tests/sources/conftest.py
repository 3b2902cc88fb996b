"""A Postgres that plays the delivery system's database."""

from collections.abc import Iterator

import pytest

from assessment_pipeline_tests.postgres import private_postgres


@pytest.fixture(scope="session")
def delivery_database() -> Iterator[str]:
    """Return the URL of a private Postgres that lives as long as the tests."""
    with private_postgres() as url:
        yield url
