"""Invoices: lines that say why, numbers without a gap, VAT, and the ledger entries that go with them."""
