"""All SQL about invoices, a file for each thing that is kept."""
