"""The operator API about what a charge is for: at an Evse of ours, or, for a driver of ours, at a partner's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.db.unit import Database
from laddnav.kit.energy import Energy, kwh
from laddnav.kit.time import local
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import preferring as partners
from laddnav.people.api import Route, yours
from laddnav.people.model import Role, Visitor
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import preferring
from laddnav.sessions.model import Battery, Budget, Preferences, ProfileType, Session, Voice
from laddnav.sessions.preferred import Answered


class FullTo(Struct, frozen=True, kw_only=True):
    """How full the car is now, and how full it is to be, in percent of `capacity_kwh`."""

    percent: Decimal
    percent_wanted: Decimal
    capacity_kwh: Decimal


class WantedOfCharge(Struct, frozen=True, kw_only=True):
    """`energy_kwh` is that of the whole charge; `budget` what it may cost, taxes included, in the charge's currency.

    `departs_at` without a zone is the Location's time. A partner knows neither `budget` nor `battery`.
    """

    profile: ProfileType
    departs_at: datetime | None = None
    energy_kwh: Decimal | None = None
    may_discharge: bool = False
    budget: Decimal | None = None
    battery: FullTo | None = None


async def say_preferences(
    database: Database, clients: Clients, by: Visitor, ref: str, body: WantedOfCharge
) -> Answered:
    """Say for its driver what a charge is for. What is kept holds from now on, until its driver says otherwise."""
    async with database.unit() as unit:
        session = await sessions.by_ref(unit, ref)
    yours(by, session.holder)
    wants = _meant(body, session)
    if session.owner != session.holder:
        holder, owner = session.holder, session.owner
        said = await partners.prefer(database, clients, holder, owner=owner, session_id=session.id, wants=wants)
        return partners.as_kept(said)
    async with database.unit() as unit:
        answered = await preferring.prefer(unit, session.holder, session.id, wants, by=Voice.DRIVER)
    database.wake()
    return answered


def _meant(said: WantedOfCharge, session: Session) -> Preferences:
    full = said.battery
    return Preferences(
        profile=said.profile,
        departs_at=None if said.departs_at is None else local(said.departs_at, session.time_zone),
        energy=None if said.energy_kwh is None else kwh(said.energy_kwh),
        may_discharge=said.may_discharge,
        budget=None if said.budget is None else Budget(amount=said.budget, currency=session.currency),
        battery=None
        if full is None
        else Battery(
            percent=full.percent, percent_wanted=full.percent_wanted, capacity=Energy(full.capacity_kwh * 1000)
        ),
    )


ROUTES = (
    Route(
        method="PUT", path="/sessions/{ref}/preferences", does=say_preferences, needs=Role.OPERATOR, looks_itself=True
    ),
)
