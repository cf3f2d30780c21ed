"""What electricity costs in the demo: real prices of 2023, moved by whole weeks to the days of the street."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import resources

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.market import actions as market
from laddnav.market import feeds
from laddnav.market.model import GridTariff, Kind, MarketStep, Published
from laddnav.market.rules import market_day

SOURCE = "SE3 of 2023 (ENTSO-E), moved to these days"
CARBON_SOURCE = "Made up for the demo: the shape of a usual day"
CARBON = (19, 18, 17, 17, 18, 21, 26, 31, 33, 31, 28, 26, 25, 26, 28, 32, 37, 39, 37, 33, 29, 26, 23, 21)  # g/kWh, UTC
HOUR = timedelta(hours=1)
YEAR, WEEK = timedelta(weeks=52), timedelta(weeks=1)
BACK = timedelta(weeks=4)
TARIFF = """{
  "name": "Power tariff 80 A", "currency": "EUR", "time_zone": "Europe/Stockholm", "vat": 25,
  "energy": [{"name": "Transfer", "rates": [{"per_kwh": 0.022}]}], "energy_tax": 0.0385, "per_month": 35,
  "peaks": [{"name": "Power", "per_kw": 7.2, "top_n": 3, "measured": "QUARTER",
    "weights": [{"factor": 0.5, "windows": [{"begins": "22:00", "ends": "06:00"}]}]}]
}"""


async def publish(unit: Unit, holder: PartyId) -> None:
    """The four weeks until tomorrow; what comes later is guessed, as it is where a market is late."""
    document = resources.files("laddnav.sim").joinpath("data/se3-2023.csv.gz").read_bytes()
    _, (said,) = feeds.read(document)
    tomorrow = (unit.now + timedelta(days=1)).date()
    steps = moved(said.steps, unit.now - BACK, market_day(tomorrow)[1])
    await market.keep(unit, replace(said, steps=steps), source=SOURCE, by="the demo")
    await market.save_tariff(unit, holder, "power-80", json.decode(TARIFF, GridTariff), by="the demo")


async def tell_carbon(unit: Unit) -> None:
    """From yesterday until the end of tomorrow: what SE3 is like on most days, for none is published freely."""
    begin = market_day((unit.now - timedelta(days=1)).date())[0]
    count = (market_day((unit.now + timedelta(days=1)).date())[1] - begin) // HOUR
    steps = tuple(MarketStep(begin + HOUR * n, HOUR, Decimal(CARBON[(begin + HOUR * n).hour])) for n in range(count))
    await market.keep(unit, Published(zone="SE3", kind=Kind.CARBON, steps=steps), source=CARBON_SOURCE, by="the demo")


def moved(steps: Sequence[MarketStep], since: datetime, until: datetime) -> tuple[MarketStep, ...]:
    """Those of the same season where there are any, else of the last weeks that are known; each keeps its weekday."""
    weeks = YEAR * round((until - steps[-1].end_at) / YEAR)
    while until - weeks > steps[-1].end_at:
        weeks += WEEK
    while since - weeks < steps[0].begin_at and until - weeks + WEEK <= steps[-1].end_at:
        weeks -= WEEK
    return tuple(
        replace(one, begin_at=one.begin_at + weeks)
        for one in steps
        if since <= one.begin_at + weeks and one.begin_at + weeks < until
    )
