"""Tests of `assessment_pipeline.pages`."""
