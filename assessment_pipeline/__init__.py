"""Score recorded assessments reproducibly, and prove every score.

The package's layers, from the top: `cli`, `definitions` and `celery_app` (what people, Dagster and
Celery start), `intake` (what delivery systems push to), `defs` (the only place that imports
Dagster), `services` (one use case each), `pages` (what people look at), `storage` and `sources`
(where things lie), `core` (pure: values in, values out).
"""

__version__ = "0.1.0"
