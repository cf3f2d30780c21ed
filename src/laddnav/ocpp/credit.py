"""A charge of a driver with prepaid credit costs no more than that: its Station is told, or it is stopped from here."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.model import Transaction
from laddnav.ocpp.prices import paid
from laddnav.ocpp.wanted import STOP, write_down
from laddnav.parties import actions as parties
from laddnav.sessions.model import Session
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization, TokenKey
from laddnav.tokens.rules import key_of

ASK_AGAIN = timedelta(minutes=1)
_COMPONENT, _VARIABLE, _COST = "txctrlr", "supportedlimits", "maxCost"


async def judged(unit: Unit, given: Authorization) -> Authorization:
    """Nobody begins on credit that another charge under way holds, whatever was said of the card a moment ago."""
    token = given.token
    if token is None or token.credit is None or given.allowed is not Allowed.ALLOWED:
        return given
    free = await tokens.free_credit(unit, key_of(token))
    return given if free is None or free > 0 else replace(given, allowed=Allowed.NO_CREDIT)


async def of_charge(unit: Unit, session: Session, given: Authorization) -> Decimal | None:
    """What a charge that begins may cost; None: no bound, or one in another currency than its price."""
    unbound = given.token is not None and given.token.credit is None
    if unbound or not session.allowed or session.token.owner != session.holder:
        return None
    if (await parties.fetch(unit, session.holder)).currency != session.currency:
        return None
    key = TokenKey(session.token.owner, session.token.type, session.token.uid)
    return await tokens.hold_credit(unit, key, session.id)


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
    stop(unit, station, charge.session_id)


def stop(unit: Unit, station: Station, session_id: str) -> None:
    minute = int(unit.now.timestamp() // ASK_AGAIN.total_seconds())
    write_down(unit, station.holder, station.id, STOP, session_id, "credit", str(minute), session_id=session_id)
