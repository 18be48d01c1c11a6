"""Tables that people open in Excel: workbooks and CSV files in which no value is a live formula."""

from tieout.platform.sheets.csv import write_csv
from tieout.platform.sheets.safe import cell_value, csv_text, plain_text
from tieout.platform.sheets.workbook import Column, Sheet, write_workbook

__all__ = ["Column", "Sheet", "cell_value", "csv_text", "plain_text", "write_csv", "write_workbook"]
