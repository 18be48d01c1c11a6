"""The review sheet: questions laid out for people to answer in Excel, and their answers read back."""

from tieout.identity.reviewing.reading import check_ending, is_workbook, read_answered
from tieout.identity.reviewing.sheet import help_sheet, question_sheet

__all__ = ["check_ending", "help_sheet", "is_workbook", "question_sheet", "read_answered"]
