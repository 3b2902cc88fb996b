"""Every kind of event that the audit ledger knows, by its name.

The one registration: an event type that is not here can be neither recorded nor verified.
"""

from collections.abc import Mapping

from assessment_pipeline.core.ledger_decisions import (
    RescoreRequested,
    ScorePublished,
    ScorePublishFailed,
    SnapshotErased,
)
from assessment_pipeline.core.ledger_events import (
    CsvExported,
    DeliveryCaptured,
    EventPayload,
    LedgerAnchored,
    LedgerCreated,
    ResponseSnapshotsCaptured,
    RubricPublished,
    ScorecardsGenerated,
    ScoringRunCreated,
    SessionRescored,
    SnapshotConflict,
)

PAYLOAD_MODELS: Mapping[str, type[EventPayload]] = {
    model.event_type: model
    for model in (
        LedgerCreated,
        DeliveryCaptured,
        ResponseSnapshotsCaptured,
        SnapshotConflict,
        RubricPublished,
        ScoringRunCreated,
        SessionRescored,
        ScorecardsGenerated,
        CsvExported,
        LedgerAnchored,
        RescoreRequested,
        ScorePublished,
        ScorePublishFailed,
        SnapshotErased,
    )
}
