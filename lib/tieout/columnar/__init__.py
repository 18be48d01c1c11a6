"""Spark SQL expressions, computed from Arrow columns in Spark's Python workers."""
