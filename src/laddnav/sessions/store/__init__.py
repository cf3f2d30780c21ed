"""Sessions, and what drivers without an account claim of them, as they are kept."""

from laddnav.sessions.store import claims
from laddnav.sessions.store.sessions import (
    at_evse,
    billed_meanwhile,
    by_ref,
    charged_at,
    charging_at,
    counts,
    find,
    limited_at_partners,
    limited_by,
    of_our_drivers,
    open_at_evse,
    open_of_tokens,
    overdue,
    page,
    several,
    stays,
)
from laddnav.sessions.store.written import advance, hear, insert, lock_known, lock_several, update

__all__ = [
    "advance",
    "at_evse",
    "billed_meanwhile",
    "by_ref",
    "charged_at",
    "charging_at",
    "claims",
    "counts",
    "find",
    "hear",
    "insert",
    "limited_at_partners",
    "limited_by",
    "lock_known",
    "lock_several",
    "of_our_drivers",
    "open_at_evse",
    "open_of_tokens",
    "overdue",
    "page",
    "several",
    "stays",
    "update",
]
