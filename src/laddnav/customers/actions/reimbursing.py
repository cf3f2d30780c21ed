"""Verbs about charging at home: agree who is paid back and by whom, and keep what was, once for each CDR."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from laddnav.customers import home as rules
from laddnav.customers.actions.keeping import by_ref, lock
from laddnav.customers.actions.subscribing import today
from laddnav.customers.home import Home, HomeTaken, PaidBack, PaidBackMonth, Rate, UnknownHome
from laddnav.customers.model import Customer
from laddnav.customers.store import homes as store
from laddnav.db.unit import Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.rules import UnknownLocation
from laddnav.parties import actions as parties
from laddnav.people import actions as people


async def agree(unit: Unit, one: Home, *, by: str) -> Home:
    """From the first of its rates on the employer pays for what is charged there; its `ref` is given here.

    Raises UnknownCustomer, UnknownLocation, UnfitHome, HomeTaken, InThePast.
    """
    employer = await lock(unit, one.employer)
    employee = await by_ref(unit, one.employee)
    day = await today(unit, employer.holder)
    one = replace(one, holder=employer.holder, ref=unit.new_id(), contract_id=one.contract_id or None)
    rules.rated(rules.checked(one, employer, employee), one.rates[0], day)
    place = await locations.find(unit, employer.holder, employer.holder, one.location_id)
    if place is None:
        raise UnknownLocation(one.location_id)
    if await store.taken(unit, one, day):
        raise HomeTaken(one.location_id)
    people.note(unit, by, "pay back charging at home", f"customer {employer.ref}", f"{employee.number} at {place.id}")
    return _put(unit, replace(one, location_id=place.id))


async def rate(unit: Unit, ref: str, since: Rate, *, by: str) -> Home:
    """Another rate from a day on. Raises UnknownHome, UnfitHome, InThePast."""
    one = await by_home(unit, ref)
    employer, employee = await by_ref(unit, one.employer), await by_ref(unit, one.employee)
    after = rules.checked(rules.rated(one, since, await today(unit, one.holder)), employer, employee)
    people.note(unit, by, "rate charging at home", f"customer {one.employer}", f"{since.per_kwh} from {since.since}")
    return _put(unit, after)


async def end(unit: Unit, ref: str, on: date | None = None, *, by: str) -> Home:
    """Nothing is paid back from that day on, or from today. Raises UnknownHome, InThePast."""
    one = await by_home(unit, ref)
    day = await today(unit, one.holder)
    after = rules.ended(one, on or day, day)
    people.note(unit, by, "end charging at home", f"customer {one.employer}", f"from {after.ends_on}")
    return _put(unit, after)


def _put(unit: Unit, one: Home) -> Home:
    one = replace(one, last_updated=unit.now)
    store.put(unit, one)
    return one


async def rate_of(unit: Unit, holder: PartyId, per_kwh: Decimal, since: date | None) -> Rate:
    """In the currency of the party, from today on where no day is said."""
    party = await parties.fetch(unit, holder)
    return Rate(since=since or await today(unit, holder), per_kwh=per_kwh, currency=party.currency)


async def by_home(unit: Unit, ref: str) -> Home:
    """Locked until the Unit ends. Raises UnknownHome."""
    one = await store.locked(unit, ref)
    if one is None:
        raise UnknownHome(ref)
    return one


async def homes(unit: Unit, customer: Customer) -> Sequence[Home]:
    """Of which this customer is employer or employee."""
    return await store.of_customer(unit, customer.holder, customer.ref)


async def months(unit: Unit, customer: Customer, *, limit: int = 60) -> Sequence[PaidBackMonth]:
    """What was paid back, by employee and month, the last month first."""
    return await store.months(unit, customer.holder, customer.ref, limit)


# ---- What billing asks


async def pay_back(
    unit: Unit,
    holder: PartyId,
    *,
    owner: PartyId,
    cdr_id: str,
    location_id: str,
    contract_id: str,
    day: date,
    energy: Energy,
    currency: str,
) -> PaidBack | None:
    """What is paid back for a CDR from now on, also where that comes to nothing; None: nobody does, or did before."""
    for one in await store.at(unit, holder, location_id, contract_id):
        paid = rules.paid_back(one, owner=owner, cdr_id=cdr_id, day=day, energy=energy, currency=currency)
        if paid is not None:
            return paid if await store.insert_paid(unit, paid) else None
    return None


async def take_back(unit: Unit, holder: PartyId, *, owner: PartyId, cdr_id: str, credits: str) -> PaidBack | None:
    """A Credit CDR takes back what was paid for the CDR that it `credits`; None: nothing was, or it is already."""
    was = await store.paid(unit, holder, owner, credits)
    if was is None:
        return None
    back = rules.taken_back(was, cdr_id)
    return back if await store.insert_paid(unit, back) else None
