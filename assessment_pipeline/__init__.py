"""Score recorded assessments reproducibly, and prove every score.

The package's layers, from the top: `cli` and `definitions` (what people and Dagster start),
`intake` (what delivery systems push to), `defs` (the only place that imports Dagster), `services`
(one use case each), `storage` and `sources` (where things lie), `core` (pure: values in, values
out).
"""

__version__ = "0.1.0"
