"""A charge while it happens: its state table and its price so far."""
