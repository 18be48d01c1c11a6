"""Documents with their customer, and amounts in the reporting currency."""
