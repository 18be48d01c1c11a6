"""Texts of names, places, phones and codes brought to one form, on distinct values of Arrow columns."""

from tieout.values.base import Read
from tieout.values.registry import NORMALISERS, parse_use
from tieout.values.text_plan import TextPlan
from tieout.values.words import looked_up

__all__ = ["NORMALISERS", "Read", "TextPlan", "looked_up", "parse_use"]
