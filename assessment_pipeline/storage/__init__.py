"""Where results lie: durable files, content-addressed artifacts, the database, the audit ledger.

Holds no rule of scoring and no Dagster; what bytes and entries mean is `core`.
"""
