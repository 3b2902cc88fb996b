"""One use case each: load, call the core, store, record in the ledger.

Shared by the command line and Dagster's assets; knows neither.
"""
