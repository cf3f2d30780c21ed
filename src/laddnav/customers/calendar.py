"""Days and months on a party's calendar; what was is billed as it was, so that a change is from today on."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from laddnav.kit.refusal import Refusal

DAY = timedelta(days=1)


class InThePast(Refusal):
    """What was is billed as it was; a change is from today on or later."""

    def __init__(self, on: date, today: date) -> None:
        super().__init__(f"{on} is over; say {today} or a later day")
        self.on, self.today = on.isoformat(), today.isoformat()


def days_of(day: date) -> int:
    """Of its month."""
    return monthrange(day.year, day.month)[1]


def first_of(day: date) -> date:
    return day.replace(day=1)


def month_after(day: date) -> date:
    """Its first day."""
    return first_of(day.replace(day=28) + 4 * DAY)
