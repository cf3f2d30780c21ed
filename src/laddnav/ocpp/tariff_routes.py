"""The operator API by which Stations that count money themselves are told our Tariffs."""

from __future__ import annotations

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import calls, store
from laddnav.ocpp.routes import Replied, answered
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.prices import ChangeTariff, SetTariff
from laddnav.people.api import Route, yours
from laddnav.people.model import Role, Visitor
from laddnav.sessions import actions as sessions
from laddnav.sessions.rules import UnknownSession
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff


class TariffTold(Struct, frozen=True, kw_only=True):
    """`evse_no` 0: at every Evse. `session`, by its ref: for that charge alone, from now on."""

    tariff: str
    evse_no: int = 0
    session: str | None = None


class Taken(Struct, frozen=True, kw_only=True):
    """What the Station said, and what of the Tariff it could not be told: there it counts otherwise than we do."""

    answer: Replied
    lost: tuple[str, ...]


async def tell_tariff(database: Database, by: Visitor, station_id: str, body: TariffTold) -> Taken:
    """Have a Station count money by this Tariff of its operator.

    Raises UnknownTariff, UnknownSession, Offline, NotInItsVersion.
    """
    async with database.unit() as unit:
        station = await locations.station(unit, station_id)
        yours(by, station.holder)
        tariff = await tariffs.fetch(unit, station.holder, station.holder, body.tariff)
        request = await _request(unit, station, body, tariff)
    replied = await calls.say(database, station_id, request)
    return Taken(answer=answered(replied), lost=_lost(station, tariff))


async def _request(unit: Unit, station: Station, body: TariffTold, tariff: Tariff) -> SetTariff | ChangeTariff:
    if body.session is None:
        return SetTariff(evse_no=body.evse_no, tariff=tariff)
    session = await sessions.by_ref(unit, body.session)
    charge = await store.charges.of_session(unit, station.holder, session.id)
    if charge is None or charge.station_id != station.id:
        raise UnknownSession(body.session)
    return ChangeTariff(charge=charge.name, tariff=tariff)


def _lost(station: Station, tariff: Tariff) -> tuple[str, ...]:
    loses = DIALECTS[station.protocol].loses if station.protocol is not None else None
    return () if loses is None else loses(tariff)


ROUTES = (
    Route(
        method="POST",
        path="/stations/{station_id}/tariffs",
        does=tell_tariff,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
)
