"""Measuring: data sets, retrieval and answer metrics, the report."""
