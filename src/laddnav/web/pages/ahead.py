"""What comes next in a running charge: another price, a parking fee, the highest price, the end of an amount."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.power import Power
from laddnav.metering.model import Activity
from laddnav.pricing.ahead import course as lying_ahead
from laddnav.pricing.ahead.estimate import Reach, remaining
from laddnav.sessions.model import Session
from laddnav.web.pages.foreseen import RateChange, rate_changes

SOON = timedelta(days=2)


class Ahead(Struct, frozen=True, kw_only=True):
    """`held` is the amount that a terminal reserved before the charge, `left` how far the rest of it reaches."""

    at: datetime
    next: RateChange | None
    parking_fee_at: datetime | None
    stands: bool
    capped: bool
    held: Decimal | None = None
    left: Reach | None = None

    @property
    def used_up_at(self) -> datetime | None:
        return None if self.left is None or self.left.after is None else self.at + self.left.after


def ahead(session: Session, now: datetime, power: Power | None) -> Ahead | None:
    """None without a Tariff. `power` is what the car drew last; the price is known up to the last reading."""
    tab = session.tab
    if tab is None:
        return None
    flowing = power if power is not None and power.watts > 0 else None
    present = lying_ahead.now(tab, now, power=flowing or Power(Decimal(0)), within=SOON)
    following = () if present.next is None else (present.next,)
    changes = rate_changes(tab.tariff, following, after_taxes=False)
    held = tab.tariff.preauthorize_amount
    left = None
    if held is not None and flowing is not None:
        left = remaining(tab, amount=held, power=flowing, within=SOON)
    return Ahead(
        at=tab.ended_at,
        next=changes[0] if changes else None,
        parking_fee_at=present.parking_fee_at,
        stands=bool(tab.stints) and tab.stints[-1].activity is Activity.SUSPENDED_EV,
        capped=present.capped,
        held=held,
        left=left,
    )
