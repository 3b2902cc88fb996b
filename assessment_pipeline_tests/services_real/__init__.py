"""Tests against what we do not make: a browser, and servers that are started for the test."""
