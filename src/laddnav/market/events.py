"""What happens on the market; each of our parties hears it."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.events import Event
from laddnav.market.model import Kind


class MarketEvent(Event, frozen=True, kw_only=True):
    """About what a bidding zone's electricity costs, or what carbon it carries."""

    zone: str
    kind: Kind

    @property
    def about(self) -> str:
        return f"{self.zone}/{self.kind}"


class PricesPublished(MarketEvent, frozen=True, kw_only=True):
    """Something new is known between the two, or something else than before."""

    begin_at: datetime
    end_at: datetime


class PricesLate(MarketEvent, frozen=True, kw_only=True):
    """What should have been published by now is not here; it is guessed until then."""

    late_since: datetime


class GridTariffChanged(Event, frozen=True, kw_only=True):
    """What the grid asks for was written anew, or is gone."""

    tariff_id: str

    @property
    def about(self) -> str:
        return self.tariff_id
