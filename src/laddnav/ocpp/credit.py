"""A charge of a driver with prepaid credit costs no more than that: its Station is told, or it is stopped from here."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.db.unit import Unit
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.model import Transaction
from laddnav.ocpp.prices import paid
from laddnav.ocpp.wanted import STOP, write_down
from laddnav.parties import actions as parties
from laddnav.sessions.model import Session
from laddnav.tokens.model import Authorization

ASK_AGAIN = timedelta(minutes=1)
_COMPONENT, _VARIABLE, _COST = "txctrlr", "supportedlimits", "maxCost"


async def of_charge(unit: Unit, session: Session, given: Authorization) -> Decimal | None:
    """What a charge that begins may cost; None: no bound, or one in another currency than its price."""
    credit = None if given.token is None else given.token.credit
    if credit is None or not session.allowed:
        return None
    return credit if (await parties.fetch(unit, session.holder)).currency == session.currency else None


async def counted_by(unit: Unit, station: Station) -> bool:
    """E16.FR.12: whether the Station says that it counts money itself, so that it may be told a bound."""
    for variable, _ in await store.variables.kept(unit, station):
        if (variable.name.component.lower(), variable.name.name.lower()) == (_COMPONENT, _VARIABLE):
            return _COST in (variable.value or "").replace(" ", "").split(",")
    return False


async def used_up(unit: Unit, station: Station, charge: Transaction, session: Session | None) -> None:
    """Have a charge stopped that costs all that it may; where its Station counts itself, one that costs more.

    Asked again minute by minute, for as long as it goes on.
    """
    cost = None if session is None else paid(session)
    if charge.cost_max is None or cost is None or cost < charge.cost_max:
        return
    if cost == charge.cost_max and await counted_by(unit, station):
        return
    minute = int(unit.now.timestamp() // ASK_AGAIN.total_seconds())
    asks = (charge.session_id, "credit", str(minute))
    write_down(unit, station.holder, station.id, STOP, *asks, session_id=charge.session_id)
