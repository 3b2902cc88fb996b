"""Rubrics: from the bytes of a YAML file to the version that scores a session."""
