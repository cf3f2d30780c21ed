"""How the ledger is kept; there is no update and no delete of what was posted, and the database would refuse them."""

from laddnav.ledger.store import balances, entries, months, numbers

__all__ = ["balances", "entries", "months", "numbers"]
