"""Exports listed, checked and read into bronze, each file once, with drift recorded."""
