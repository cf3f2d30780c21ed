"""What changes about who pays."""

from __future__ import annotations

from laddnav.db.events import Event


class CustomerChanged(Event, frozen=True, kw_only=True):
    """`customer` is our ref; its contracts may be others too."""

    customer: str

    @property
    def about(self) -> str:
        return self.customer


class StandingChanged(Event, frozen=True, kw_only=True):
    """`standing` is GOOD, REMINDED or STOPPED; who is STOPPED may not charge."""

    customer: str
    standing: str

    @property
    def about(self) -> str:
        return self.customer
