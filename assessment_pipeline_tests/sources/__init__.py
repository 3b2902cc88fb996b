"""Tests of where deliveries come from."""
