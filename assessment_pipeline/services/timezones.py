"""Time zones: what a ledger is fixed to, held against what the settings say."""

from assessment_pipeline.errors import UsageError
from assessment_pipeline.storage.ledger import Ledger


def require_timezone(ledger: Ledger, timezone: str) -> None:
    """Refuse settings of another time zone than a ledger is fixed to.

    Whoever opens it to append is refused by the ledger; this is for those who only read.
    """
    recorded = ledger.timezone()
    if recorded not in {None, timezone}:
        raise UsageError(
            f"the ledger {ledger.where} is fixed to the time zone {recorded}, not {timezone}: "
            f"set ASSESSMENT_PIPELINE_TIMEZONE={recorded}, or begin a new home"
        )
