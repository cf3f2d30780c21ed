"""What the code at a station opens, for anybody: the place, whether it is free, what it costs now, and how to start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from laddnav.db.unit import Unit
from laddnav.locations import actions as locations
from laddnav.locations.model import Connector, Evse, Location, Status
from laddnav.locations.rules import UnknownEvse, connector_of, shown_to_anybody, spaces_of
from laddnav.parties import actions as parties
from laddnav.pricing.ahead.course import changes, now
from laddnav.pricing.plain.explain import passages
from laddnav.pricing.plain.rates import taxes_included
from laddnav.pricing.tab import opened
from laddnav.sessions.choices import usual_power
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff, TariffDimension, TariffType
from laddnav.web.asked import Asked, Door, see
from laddnav.web.pages import places
from laddnav.web.pages.foreseen import Foreseen, Rate, RateChange, foreseen, rate, rate_changes

AHEAD = timedelta(hours=24)
KINDS = (TariffType.REGULAR, TariffType.AD_HOC_PAYMENT)  # with a card or an app, and at the station itself
BUSY = (Status.CHARGING, Status.RESERVED, Status.BLOCKED)
# Words of OCPI for stations at which one pays with a bank card (OCPI 2.2.1 mod_locations_capability_enum).
TAKES_BANK_CARDS = frozenset(
    {"CHIP_CARD_SUPPORT", "CONTACTLESS_CARD_SUPPORT", "CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE", "PED_TERMINAL"}
)


class Offered(Struct, frozen=True, kw_only=True):
    """What charging here costs one kind of driver: now, in the next day, and for what was asked."""

    tariff: Tariff
    rates: Sequence[Rate]
    coming: Sequence[RateChange]
    strip: Sequence[Bar]
    foreseen: Foreseen


class Bar(Struct, frozen=True):
    """One stretch of the next day in the picture: from `x` on, in percent, `height` of the dearest."""

    x: Decimal
    width: Decimal
    height: Decimal
    rate: Rate
    since: datetime


async def by_number(asked: Asked) -> Response:
    """For whoever cannot scan: the number is typed, and leads to the page of that Evse."""
    number = asked.query("number")
    if number is None:
        return asked.page("charge_find.html", number=None)
    return RedirectResponse(f"/charge/{quote(number.strip(), safe='*')}", status_code=303)


async def one(asked: Asked) -> Response:
    number = asked.part("number")
    kind = TariffType.AD_HOC_PAYMENT if asked.query("pay") == "station" else TariffType.REGULAR
    async with asked.unit() as unit:
        try:
            location, evse = await locations.printed_evse(unit, number)
        except UnknownEvse:
            return asked.page("charge_find.html", status=404, number=number[:60])
        connector = _connector(evse, asked.query("connector"))
        by_kind = {kind: await _tariff(unit, location, connector, kind) for kind in KINDS}
        operator = await parties.fetch(unit, location.owner)
        at = unit.now
    tariff = by_kind[kind] or next(filter(None, by_kind.values()), None)
    return asked.page(
        "charge.html",
        location=location,
        name=places.name_of(location),
        evse=evse,
        number=evse.evse_id,
        connector=connector,
        operator=location.operator.name if location.operator else operator.name,
        website=location.operator.website if location.operator else operator.website,
        spaces=spaces_of(location, evse),
        plugs_in=any("PLUG_AND_CHARGE" in word for word in connector.capabilities) if connector else False,
        busy=evse.status in BUSY,
        others=[other for other in location.evses if other.uid != evse.uid and shown_to_anybody(location, other)],
        bank_cards=not TAKES_BANK_CARDS.isdisjoint(evse.capabilities),
        pays_otherwise=_pays_otherwise(by_kind),
        at_station=kind is TariffType.AD_HOC_PAYMENT,
        offered=None if tariff is None or connector is None else _offered(asked, tariff, location, connector, at),
        passages=() if tariff is None else passages(taxes_included(tariff), asked.language),
    )


def _pays_otherwise(by_kind: dict[TariffType, Tariff | None]) -> bool:
    """Whether who pays at the station pays another price than who has a card or an app."""
    return None not in by_kind.values() and len({tariff and tariff.id for tariff in by_kind.values()}) > 1


def _connector(evse: Evse, id: str | None) -> Connector | None:
    """The one that was chosen, if it is there, else the first; None where the Evse has none."""
    chosen = next((each for each in evse.connectors if each.id == id), None)
    return chosen or (connector_of(evse, None) if evse.connectors else None)


async def _tariff(unit: Unit, location: Location, connector: Connector | None, kind: TariffType) -> Tariff | None:
    if connector is None:
        return None
    return await tariffs.offered(unit, location.owner, location.owner, connector.tariff_ids, unit.now, kind)


def _offered(asked: Asked, tariff: Tariff, location: Location, connector: Connector, at: datetime) -> Offered:
    zone = location.time_zone
    power = usual_power(connector)
    tab = opened(tariff, at, zone)
    present = now(tab, at, power=power)
    rates = [
        rate(tariff, what, component, after_taxes=True)
        for what, component in (
            (TariffDimension.ENERGY, present.energy),
            (TariffDimension.TIME, present.time),
            (TariffDimension.FLAT, present.start),
        )
        if what is TariffDimension.ENERGY or (component is not None and component.price)
    ]
    ahead = changes(tariff, since=at, until=at + AHEAD, zone=zone, power=power)
    coming = [change for change in rate_changes(tariff, ahead, after_taxes=True) if change.at < at + AHEAD]
    return Offered(
        tariff=tariff,
        rates=rates,
        coming=coming,
        strip=_strip(rates, coming, at),
        foreseen=foreseen(asked, tariff, zone=zone, now=at, power=power, after_taxes=True),
    )


def _strip(rates: Sequence[Rate], coming: Sequence[RateChange], at: datetime) -> list[Bar]:
    """The price of a kWh over the next day, or of an hour where only that changes; nothing where neither does."""
    for what in (TariffDimension.ENERGY, TariffDimension.TIME):
        turns = [change for change in coming if change.what is what]
        if turns:
            first = next((each for each in rates if each.what is what), turns[0].before)
            return _bars([(at, first), *((change.at, change.after) for change in turns)], at)
    return []


def _bars(steps: Sequence[tuple[datetime, Rate]], at: datetime) -> list[Bar]:
    most = max(rate.amount for _, rate in steps) or Decimal(1)
    ends = [*(since for since, _ in steps[1:]), at + AHEAD]
    return [
        Bar(
            x=_percent(since - at),
            width=_percent(end - since),
            height=max(rate.amount / most * 100, Decimal(3)).quantize(Decimal("0.1")),
            rate=rate,
            since=since,
        )
        for (since, rate), end in zip(steps, ends, strict=True)
    ]


def _percent(length: timedelta) -> Decimal:
    return (Decimal(length // timedelta(seconds=1)) * 100 / (AHEAD // timedelta(seconds=1))).quantize(Decimal("0.01"))


DOORS: tuple[Door, ...] = (see("/charge", by_number, role=None), see("/charge/{number}", one, role=None))
