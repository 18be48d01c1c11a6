"""Tieout: proves that a company's CRM and its ERP agree."""

__version__ = "0.1.0"
