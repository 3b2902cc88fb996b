"""Pure: values in, values out. No Dagster, SQL, files, clock, environment or randomness."""
