"""What changes about who pays."""

from __future__ import annotations

from laddnav.db.events import Event


class CustomerChanged(Event, frozen=True, kw_only=True):
    """`customer` is our ref; its contracts may be others too."""

    customer: str

    @property
    def about(self) -> str:
        return self.customer
