"""The plain version: the same day, scored as an ordinary good developer would write it.

json, pydantic, dataclasses, Fraction, csv.DictWriter, hashlib and SQLAlchemy, one session at a
time, every response judged by itself. It gives the same CSV files, manifest and hashes as the
product, byte for byte, and shares no code with it but the version numbers. It knows the rules and
fields that the benchmark's deliveries and rubric have, and refuses others.
"""
