"""Products, deals, orders, invoices, payments and cases."""
