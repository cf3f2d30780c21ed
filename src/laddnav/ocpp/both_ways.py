"""Charges in which energy may go both ways: agreed on by car and Station, offered once whoever may has said yes.

Nobody's car gives back because it could: what it does then is for its driver and its site.
"""

from __future__ import annotations

from laddnav.db.events import Event
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.power import Power
from laddnav.ocpp import store
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.wanted import write_down
from laddnav.ocpp.wire.abilities import transfers
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.reports import NeedsTold
from laddnav.ocpp.wire.requests import Request, Verdict
from laddnav.ocpp.wire.steering import BOTH_WAYS, AllowTransfers, EnergyTransfer
from laddnav.sessions import actions as sessions
from laddnav.sessions import preferred
from laddnav.sessions.actions import limiting, preferring
from laddnav.sessions.events import PreferencesChanged
from laddnav.sessions.model import Session

ALLOW = "AllowBothWays"
_VARIABLES = ("supportedenergytransfermodes",)  # of V2XChargingCtrlr


async def agreed(unit: Unit, session: Session, told: NeedsTold) -> None:
    """Q01.FR.07: what is requested is granted. Where nobody says how much may come back, as much as the Evse gives."""
    most = None
    if told.both_ways:
        watts = told.gives_back_max
        most = Power((await limiting.feed_of(unit, session)).watts if watts is None else watts)
    await preferring.agree_to_give_back(unit, session.holder, session.id, most)


async def allowed(database: Database, event: Event) -> None:
    """Hears PreferencesChanged: a Station that can is told once that this charge may go both ways (Q02.FR.05)."""
    assert isinstance(event, PreferencesChanged)
    async with database.unit() as unit:
        session = await sessions.find(unit, event.holder, event.holder, event.session_id)
        if session is None or session.station_id is None or session.gives_back_max is not None:
            return
        words = preferred.wanted(session, unit.now)
        if words is None or not words.wants.may_discharge:
            return
        if not BOTH_WAYS.intersection(await _transfers(unit, session.holder, session.station_id)):
            return
        write_down(unit, session.holder, session.station_id, ALLOW, session.id, session_id=session.id)
    database.wake()


async def _transfers(unit: Unit, holder: PartyId, station_id: str) -> tuple[EnergyTransfer, ...]:
    return transfers(await store.variables.named(unit, holder, station_id, _VARIABLES))


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    """All ways that the Station has: which one it is, it agrees on with the car anew (Q02.FR.06)."""
    assert call.session_id is not None, "ways are those of a charge"
    charge = await store.charges.of_session(unit, call.holder, call.session_id)
    if charge is None or charge.stopped or AllowTransfers not in dialect.asks:
        return Verdict.FAILED
    return AllowTransfers(charge=charge.name, transfers=await _transfers(unit, call.holder, call.station_id))


async def _said(unit: Unit, call: StationCall, answered: Answered) -> None:
    """What comes of it, the Station says by telling what the car needs once more."""


ERRAND = Errand(_say, _said)
