"""Dagster: assets, checks, job, schedule, sensor and resource, and running them.

The only place that imports Dagster. Each asset calls one service and reports its hashes and
counts; nothing here knows how a response is scored or where a file lies.
"""
