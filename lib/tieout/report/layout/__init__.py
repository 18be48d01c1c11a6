"""How a report looks: blocks, text, charts' theme, and the page."""
