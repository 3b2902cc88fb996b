"""Which release of each part made a result; all four belong to the input key of every step.

A version changes when, and only when, its output can change for some input; golden tests force
the change. `engine_version`: points, totals, levels. `feature_version`: features.
`reader_version`: what is accepted from a delivery. `export_version`: bytes of the CSV files and
the wording of explanations.
"""

ENGINE_VERSION = "1"
FEATURE_VERSION = "1"
READER_VERSION = "1"
EXPORT_VERSION = "1"
