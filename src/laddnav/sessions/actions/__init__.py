"""Verbs about a charge while it happens."""

from laddnav.sessions.actions.asking import answer_start, answer_stop, request_start, request_stop
from laddnav.sessions.actions.charging import Measurement, begin, close_lost, mark, measure, settle_overdue, stop
from laddnav.sessions.actions.hearing import hear
from laddnav.sessions.actions.moving import leave, relocate
from laddnav.sessions.actions.reading import (
    billed_meanwhile,
    by_ref,
    charged_at,
    charging_at,
    counts,
    course_of,
    fetch,
    find,
    of_our_drivers,
    open_of_tokens,
    page,
    several,
    stays,
    under_way_at,
)
from laddnav.sessions.actions.recounting import STRANGE, at_evse, began_otherwise, recount

__all__ = [
    "STRANGE",
    "Measurement",
    "answer_start",
    "answer_stop",
    "at_evse",
    "began_otherwise",
    "begin",
    "billed_meanwhile",
    "by_ref",
    "charged_at",
    "charging_at",
    "close_lost",
    "counts",
    "course_of",
    "fetch",
    "find",
    "hear",
    "leave",
    "mark",
    "measure",
    "of_our_drivers",
    "open_of_tokens",
    "page",
    "recount",
    "relocate",
    "request_start",
    "request_stop",
    "settle_overdue",
    "several",
    "stays",
    "stop",
    "under_way_at",
]
