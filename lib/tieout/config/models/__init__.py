"""Typed models of the files in `conf/`."""
