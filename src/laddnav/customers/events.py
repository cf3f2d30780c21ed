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


class WalletShort(CustomerEvent, frozen=True, kw_only=True):
    """A charge that goes on will cost more before long than is left in the wallet, and end for it."""


class StandingChanged(CustomerEvent, frozen=True, kw_only=True):
    """`standing` is GOOD, REMINDED or STOPPED; who is STOPPED may not charge."""

    standing: str
