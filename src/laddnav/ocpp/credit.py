"""A charge of a driver with prepaid credit, or with a budget, costs no more than that.

Of credit the Station is told, where it counts money itself; else the charge is stopped from here, at the first reading
that shows that all is used up. So a charge costs at most what one interval between readings gives above its bound. A
wallet is used by several charges at once: each holds a part of it, and more as it goes on, while there is any.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.customers.actions import allowing
from laddnav.db.events import Event
from laddnav.db.unit import Database, Unit
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.meters.impossible import believable
from laddnav.ocpp import store
from laddnav.ocpp.model import Transaction
from laddnav.ocpp.prices import paid
from laddnav.ocpp.wanted import STOP, write_down
from laddnav.parties import actions as parties
from laddnav.payments import bounds
from laddnav.payments.actions import watching
from laddnav.pricing.model import CannotPrice
from laddnav.sessions import actions as sessions
from laddnav.sessions import preferred
from laddnav.sessions.actions.entitling import entitled
from laddnav.sessions.events import PreferencesChanged
from laddnav.sessions.model import Session, Status
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization, TokenKey
from laddnav.tokens.rules import key_of

ASK_AGAIN = timedelta(minutes=1)
_COMPONENT, _VARIABLE, _COST = "txctrlr", "supportedlimits", "maxCost"


async def judged(unit: Unit, given: Authorization) -> Authorization:
    """Nobody begins on credit that another charge under way holds, or beyond what whoever pays allows.

    Whatever was said of the card a moment ago.
    """
    token = given.token
    if token is not None:
        given = await entitled(unit, token.owner, given)
    if token is None or token.credit is None or given.allowed is not Allowed.ALLOWED:
        return given
    free = await tokens.free_credit(unit, key_of(token))
    return given if free is None or free > 0 else replace(given, allowed=Allowed.NO_CREDIT)


async def of_charge(unit: Unit, session: Session, given: Authorization) -> Decimal | None:
    """What a charge that begins may cost; None: no bound, or one in another currency than its price."""
    both = (await _of_token(unit, session, given), await _of_wallet(unit, session))
    return min((one for one in both if one is not None), default=None)


async def _of_token(unit: Unit, session: Session, given: Authorization) -> Decimal | None:
    unbound = given.token is not None and given.token.credit is None
    if unbound or not session.allowed or session.token.owner != session.holder:
        return None
    if (await parties.fetch(unit, session.holder)).currency != session.currency:
        return None
    key = TokenKey(session.token.owner, session.token.type, session.token.uid)
    return await tokens.hold_credit(unit, key, session.id)


async def _of_wallet(unit: Unit, session: Session) -> Decimal | None:
    """A part of what is free in a wallet, held for this charge, so that another may begin on the rest.

    None: it is paid otherwise, or is bounded by nothing.
    """
    if not session.allowed or session.token.owner != session.holder:
        return None
    if not await allowing.is_prepaid(unit, session.holder, session.token.contract_id):
        return None
    part = await _part(unit, session)
    return await allowing.hold(unit, session.holder, session.token.contract_id, session.currency, session.id, part=part)


async def _part(unit: Unit, session: Session, held: Decimal | None = None) -> Decimal | None:
    """What it may cost at first; where so much is held, what it may cost before long. None: nobody can tell."""
    tab, power = session.tab, watching.power_of(session)
    if tab is None:
        return None
    vat = (await parties.fetch(unit, session.holder)).vat_percent or Decimal(0)
    try:
        first = bounds.part_of(tab.tariff, power, tab.opened_at, tab.zone, vat)
        if held is None:
            return first
        return bounds.raised(held, bounds.near(tab, unit.now, power, vat), first)
    except CannotPrice:
        return None


async def _with_more(unit: Unit, charge: Transaction, session: Session) -> Transaction:
    """Before what it may cost is used up, it may cost more, if its wallet has more; if not, that may be filled."""
    if charge.cost_max is None or session.tab is None or session.status is not Status.ACTIVE:
        return charge
    part = await _part(unit, session, charge.cost_max)
    if part is not None and part <= charge.cost_max:
        return charge
    key = TokenKey(session.token.owner, session.token.type, session.token.uid)
    contract = session.token.contract_id
    prepaid = await allowing.hold(unit, session.holder, contract, session.currency, session.id, part=part)
    if prepaid is not None and part is not None and prepaid < part:
        await allowing.runs_short(unit, session.holder, contract)
    both = (await tokens.hold_credit(unit, key, session.id), prepaid)
    cost_max = min((one for one in both if one is not None), default=charge.cost_max)
    if cost_max != charge.cost_max:
        store.charges.set_cost_max(unit, charge, cost_max)
    return replace(charge, cost_max=cost_max)


async def counted_by(unit: Unit, station: Station) -> bool:
    """E16.FR.12: whether the Station says that it counts money itself, so that it may be told a bound."""
    for variable, _ in await store.variables.kept(unit, station):
        if (variable.name.component.lower(), variable.name.name.lower()) == (_COMPONENT, _VARIABLE):
            return _COST in (variable.value or "").replace(" ", "").split(",")
    return False


async def used_up(unit: Unit, station: Station, charge: Transaction, session: Session | None) -> Transaction:
    """Have a charge stopped that costs all that it may; where its Station counts credit itself, one that costs more.
    First of all it may cost more by now, where its wallet has more.

    Asked again minute by minute, for as long as it goes on. No Station is told of a budget: it may change on the way.
    A register that leaps uses up no more than its EVSE can have given: a person looks before such a charge is billed.
    """
    session = None if session is None else believable(session, unit.now)
    cost = None if session is None else paid(session)
    if cost is None or session is None:
        return charge
    charge = await _with_more(unit, charge, session)
    spent = charge.budget is not None and cost >= charge.budget
    if not spent and (charge.cost_max is None or cost < charge.cost_max):
        return charge
    if not spent and cost == charge.cost_max and await counted_by(unit, station):
        return charge
    stop(unit, station, charge.session_id)
    return charge


async def budgeted(database: Database, event: Event) -> None:
    """What a driver wants a charge to cost at most bounds it from now on, and no more once that is taken back."""
    assert isinstance(event, PreferencesChanged)
    async with database.unit() as unit:
        await _budget(unit, event)


async def _budget(unit: Unit, event: PreferencesChanged) -> None:
    session = await sessions.find(unit, event.holder, event.holder, event.session_id)
    charge = await store.charges.of_session(unit, event.holder, event.session_id)
    if session is None or charge is None or charge.stopped:
        return
    wanted = preferred.wanted(session, unit.now)
    budget = None if wanted is None or wanted.wants.budget is None else wanted.wants.budget.amount
    store.charges.set_budget(unit, charge, budget)
    station = await locations.station(unit, charge.station_id)
    await used_up(unit, station, replace(charge, budget=budget), session)


def stop(unit: Unit, station: Station, session_id: str) -> None:
    minute = int(unit.now.timestamp() // ASK_AGAIN.total_seconds())
    write_down(unit, station.holder, station.id, STOP, session_id, "credit", str(minute), session_id=session_id)
