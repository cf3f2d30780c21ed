"""The two companies of the demo: a network with its places, tariffs, cards and stations, and a mobility provider."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal
from importlib import resources
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.power import Power
from laddnav.locations import actions as locations
from laddnav.locations.model import Evse, Location, Status
from laddnav.ocpi.fetching import feeds
from laddnav.parties import actions as parties
from laddnav.parties.model import InvoiceEvery, Party, Role
from laddnav.sim import market
from laddnav.sim.day import Plug
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, PriceComponent, Restriction, Tariff, TariffDimension, TariffText
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, TokenType, Whitelist

OURS = PartyId("SE", "LAD")
THEIRS = PartyId("SE", "NOR")

CARDS = 30  # every second one of each company


class Site(Struct, frozen=True):
    """A Location of the feed at which a station of the street stands, behind the Evses that give `watts`."""

    location_id: str
    station_id: str
    watts: int
    by_day_and_night: bool = False  # whether the tariff with price bands holds there, or the feed's own


STREET = (
    Site("1588625", "LB-BRENZSTRASSE-2", 22_000, by_day_and_night=True),
    Site("1588626", "LB-MATHILDENSTRASSE-27", 22_000),
    Site("1588628", "LB-ALT-WUERTTEMBERG-42", 22_000, by_day_and_night=True),
    Site("1588663", "KW-JAKOB-SIGLE-PLATZ-1", 22_000),
    Site("1588691", "ASP-BAHNHOFSTRASSE-3", 22_000, by_day_and_night=True),
    Site("2026383", "TAM-ULMER-STRASSE-20", 22_000),
    Site("1588675", "KW-ROSENSTEINSTRASSE-34", 50_000),
    Site("2741518", "LB-GAENSFUSSALLEE-23", 50_000, by_day_and_night=True),
    Site("2128697", "LB-BRENZSTRASSE-4", 150_000, by_day_and_night=True),
    Site("1588677", "KW-ARKANSASSTRASSE", 150_000),
)
EVSES_OF_A_STATION = 2


class Card(Struct, frozen=True, kw_only=True):
    """A driver's card; NEVER and ALLOWED_OFFLINE make the network ask its company each time."""

    owner: PartyId
    uid: str
    contract_id: str
    whitelist: Whitelist


def cards(seed: int) -> tuple[Card, ...]:
    """The same for the same seed, in both installations."""
    dice = Random(f"{seed}/cards")
    made = []
    for number in range(CARDS):
        owner = (OURS, THEIRS)[number % 2]
        made.append(
            Card(
                owner=owner,
                uid=f"04{dice.getrandbits(48):012X}",
                contract_id=f"{owner.country}-{owner.party}-C{number:08}",
                whitelist=dice.choice((Whitelist.ALLOWED, Whitelist.ALLOWED, Whitelist.NEVER, Whitelist.ALWAYS)),
            )
        )
    return tuple(made)


async def furnish_network(unit: Unit, passwords: dict[str, str], seed: int) -> None:
    """Our side: the company, its places out of the feed, tariffs, cards and the stations with their passwords."""
    await parties.add(
        unit,
        Party(
            holder=OURS,
            ref=unit.new_id(),
            name="Laddnav Demo AB",
            website="https://laddnav.example",
            roles=(Role.CPO, Role.EMSP),
            currency="EUR",
            time_zone="Europe/Stockholm",
            vat_percent=Decimal(25),
            vat_number="SE556000000001",
            address="Kajskjulsvägen 1\n411 04 Göteborg",
            pay_to="SE35 5000 0000 0549 1000 0003",
            invoice_every=InvoiceEvery.SESSION,
            created_at=unit.now,
        ),
    )
    found = feeds.locations_in(feed(), OURS, unit.now)
    for tariff in (*found.tariffs, by_day_and_night(unit.now)):
        await tariffs.keep(unit, OURS, tariff)
    sites = {site.location_id: site for site in STREET}
    for location in found.locations:
        site = sites.get(location.id)
        await locations.keep(unit, OURS, _set_up(location, site))
        if site is not None:
            await _put_station(unit, site, location, passwords[site.station_id])
    await _hand_out(unit, OURS, seed)
    await market.publish(unit, OURS)


async def furnish_provider(unit: Unit, seed: int) -> None:
    """The partner's side: the company and its cards; everything else comes to it over OCPI."""
    await parties.add(
        unit,
        Party(
            holder=THEIRS,
            ref=unit.new_id(),
            name="Norrsken Mobilitet AB",
            website="https://norrsken.example",
            roles=(Role.EMSP,),
            currency="EUR",
            time_zone="Europe/Stockholm",
            vat_percent=Decimal(25),
            vat_number="SE556000000101",
            address="Storgatan 5\n972 38 Luleå",
            pay_to="SE45 5000 0000 0583 9825 7466",
            invoice_every=InvoiceEvery.SESSION,
            created_at=unit.now,
        ),
    )
    await _hand_out(unit, THEIRS, seed)


def feed() -> bytes:
    """What the real operator published; data/README.md names the origin."""
    return resources.files("laddnav.sim").joinpath("data/ludwigsburg.jsonl").read_bytes()


def plugs() -> tuple[Plug, ...]:
    """Where a car of the street can stand."""
    return tuple(
        Plug(station_id=site.station_id, evse_no=evse_no, power_max=Power(Decimal(site.watts)))
        for site in STREET
        for evse_no in range(1, EVSES_OF_A_STATION + 1)
    )


def evses_at(location: Location, site: Site) -> list[Evse]:
    fitting = [evse for evse in location.evses if evse.connectors[0].power_max == site.watts]
    return fitting[:EVSES_OF_A_STATION]


def by_day_and_night(now: datetime) -> Tariff:
    """Three prices of energy by the hour of the day, and one for standing there fully charged by day."""
    night = Restriction(start_time=time(22), end_time=time(6))
    evening = Restriction(start_time=time(16), end_time=time(20))
    day = Restriction(start_time=time(8), end_time=time(20))
    return Tariff(
        owner=OURS,
        id="DAY-AND-NIGHT",
        currency="EUR",
        elements=(
            Element(components=(_component(TariffDimension.FLAT, "0.50"),)),
            Element(components=(_component(TariffDimension.ENERGY, "0.29"),), restriction=night),
            Element(components=(_component(TariffDimension.ENERGY, "0.69"),), restriction=evening),
            Element(components=(_component(TariffDimension.ENERGY, "0.49"),)),
            Element(components=(_component(TariffDimension.PARKING_TIME, "2.40", step_size=60),), restriction=day),
        ),
        texts=(
            TariffText(
                "en", "0.50 € a charge; 0.49 € a kWh, 0.69 from 16 to 20, 0.29 from 22 to 6; 2.40 € an hour parked"
            ),
            TariffText(
                "sv", "0,50 € per laddning; 0,49 € per kWh, 0,69 kl. 16–20, 0,29 kl. 22–6; 2,40 € per parkerad timme"
            ),
        ),
        last_updated=now,
    )


def _component(dimension: TariffDimension, price: str, *, step_size: int = 1) -> PriceComponent:
    return PriceComponent(type=dimension, price=Decimal(price), vat=Decimal(25), step_size=step_size)


def _set_up(location: Location, site: Site | None) -> Location:
    """The feed's statuses are of the day it was read: a station of ours will say its own, elsewhere none stands yet."""
    ours = set() if site is None else {evse.uid for evse in evses_at(location, site)}

    def set_up(evse: Evse) -> Evse:
        if site is None or evse.uid not in ours:
            return replace(evse, status=Status.PLANNED)
        connectors = evse.connectors
        if site.by_day_and_night:
            connectors = tuple(replace(connector, tariff_ids=("DAY-AND-NIGHT",)) for connector in connectors)
        return replace(evse, status=Status.UNKNOWN, connectors=connectors)

    return replace(location, evses=tuple(set_up(evse) for evse in location.evses))


async def _put_station(unit: Unit, site: Site, location: Location, password: str) -> None:
    await locations.add_station(unit, OURS, site.station_id, location_id=location.id, password=password)
    for evse_no, evse in enumerate(evses_at(location, site), start=1):
        await locations.attach(unit, site.station_id, evse_no, EvseRef(location.id, evse.uid))


async def _hand_out(unit: Unit, owner: PartyId, seed: int) -> None:
    for token in _tokens(owner, seed, unit.now):
        await tokens.keep(unit, owner, token)


def _tokens(owner: PartyId, seed: int, now: datetime) -> Iterator[Token]:
    issuer = {OURS: "Laddnav Demo AB", THEIRS: "Norrsken Mobilitet AB"}[owner]
    for number, card in enumerate(cards(seed)):
        if card.owner == owner:
            yield Token(
                owner=owner,
                uid=card.uid,
                type=TokenType.RFID,
                contract_id=card.contract_id,
                issuer=issuer,
                visual_number=f"{owner.party} {number:04}",
                valid=True,
                whitelist=card.whitelist,
                last_updated=now,
            )
