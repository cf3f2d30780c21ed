"""What changes about who pays."""

from __future__ import annotations

from laddnav.db.events import Event


class CustomerEvent(Event, frozen=True, kw_only=True):
    """`customer` is our ref."""

    customer: str

    @property
    def about(self) -> str:
        return self.customer


class CustomerChanged(CustomerEvent, frozen=True, kw_only=True):
    """Their contracts may be others too."""


class StandingChanged(CustomerEvent, frozen=True, kw_only=True):
    """`standing` is GOOD, REMINDED or STOPPED; who is STOPPED may not charge."""

    standing: str
