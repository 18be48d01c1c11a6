"""The terminal: what is printed of data, how arguments are read, and what is said when something fails."""

from tieout.platform.console.failures import explained
from tieout.platform.console.parser import Parser
from tieout.platform.console.plain import plain, to_json
from tieout.platform.console.screen import Screen, styled, visible

__all__ = ["Parser", "Screen", "explained", "plain", "styled", "to_json", "visible"]
