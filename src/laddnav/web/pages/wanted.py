"""What is wanted of a charge, for the help desk: who said what, what that made of it, and saying it for a driver."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.kit.energy import Energy
from laddnav.kit.time import local
from laddnav.locations import actions as locations
from laddnav.locations.rules import connector_of, evse_of
from laddnav.ocpi.commands import preferring as partners
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.sessions import actions as sessions
from laddnav.sessions import choices
from laddnav.sessions import preferred as rules
from laddnav.sessions.actions import preferring
from laddnav.sessions.choices import Kind
from laddnav.sessions.model import Budget, Preferences, Preferred, ProfileType, Session, Status, Voice
from laddnav.sites.actions import drivers
from laddnav.sites.model.now import CarNow
from laddnav.tariffs import actions as tariffs
from laddnav.web.asked import Asked, Door, do
from laddnav.web.pages import choosing
from laddnav.web.pages.choosing import SAID_BY, Said
from laddnav.web.pages.foreseen import NotANumber, read_number, told
from laddnav.web.words import N_

NAMES = {
    Kind.NOW: N_("As soon as it can"),
    Kind.BY: N_("Cheap"),
    Kind.BUDGET: N_("For an amount"),
    Kind.GREENEST: N_("Green"),
}
PROFILES = {
    ProfileType.REGULAR: N_("Nothing in particular"),
    ProfileType.FAST: N_("As soon as it can"),
    ProfileType.CHEAP: N_("Cheap"),
    ProfileType.GREEN: N_("Green"),
}


class Word(Struct, frozen=True, kw_only=True):
    """One that was said, in words; `tariff_id` where it changed the price."""

    at: datetime
    by: str
    name: str
    wants: Preferences
    tariff_id: str | None


class WantedShown(Struct, frozen=True, kw_only=True):
    """`holds` None: nobody said anything. `limits` are who limits the charge now, `car` how its site has it.

    `profiles` may be chosen there, each with whether it has a price of its own.
    """

    holds: Said | None
    name: str | None
    words: Sequence[Word]
    limits: Sequence[str]
    car: CarNow | None
    profiles: Sequence[tuple[ProfileType, str, bool]]


async def wanted(unit: Unit, asked: Asked, session: Session) -> WantedShown:
    holds = choosing.said(asked, session, unit.now)
    return WantedShown(
        holds=holds,
        name=None if holds is None else asked.say(_name(holds.wanted.wants)),
        words=[_word(asked, one) for one in reversed(session.preferred)],
        limits=[str(one.by) for one in session.limits if one.profile is not None and one.by != session.holder],
        car=await drivers.car_of(unit, session) if session.status is Status.ACTIVE else None,
        profiles=await _profiles(unit, asked, session),
    )


async def prefer(asked: Asked) -> Response:
    """For a driver who calls: at an Evse of ours, or, for a driver of ours, at a partner's."""
    ref = asked.part("ref")
    path = f"/sessions/{ref}"
    async with asked.unit() as unit:
        session = await sessions.by_ref(unit, ref)
        yours(asked.visitor, session.holder)
        about = f"session {session.id}"
        people.note(unit, asked.visitor.name, "say what a charge is for", about, asked.said("profile")[:20])
    try:
        wants = _meant(asked, session)
    except NotANumber as error:
        return asked.done(path, told(asked, error), "bad")
    console = asked.console
    if session.owner != session.holder:
        answer = await partners.prefer(
            console.database, console.clients, session.holder, owner=session.owner, session_id=session.id, wants=wants
        )
        answered = partners.as_kept(answer)
    else:
        async with asked.unit() as unit:
            answered = await preferring.prefer(unit, session.holder, session.id, wants, by=Voice.DRIVER)
        console.database.wake()
    tone, text = choosing.answer_in_words(asked, answered)
    return asked.done(path, text, tone)


def _meant(asked: Asked, session: Session) -> Preferences:
    """Raises NotANumber."""
    profile = next((one for one in ProfileType if one == asked.said("profile")), ProfileType.REGULAR)
    energy, amount = asked.said("energy"), asked.said("budget")
    return Preferences(
        profile=profile,
        departs_at=_instant(asked.said("departs"), session.time_zone),
        energy=Energy(_positive("energy", energy) * 1000) if energy else None,
        budget=Budget(amount=_positive("amount", amount), currency=session.currency) if amount else None,
    )


def _positive(about: str, text: str) -> Decimal:
    found = read_number(about, text)
    if not found.is_finite() or found <= 0:
        raise NotANumber(about)
    return found


def _instant(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        return local(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        raise NotANumber("start") from None


def _name(wants: Preferences) -> str:
    if wants.profile is ProfileType.REGULAR and wants.budget is None:
        return PROFILES[wants.profile]
    return NAMES[choices.chosen(wants)]


def _word(asked: Asked, one: Preferred) -> Word:
    return Word(
        at=one.at,
        by=asked.say(SAID_BY[one.by]),
        name=asked.say(_name(one.wants)),
        wants=one.wants,
        tariff_id=None if one.tariff is None else one.tariff.id,
    )


async def _profiles(unit: Unit, asked: Asked, session: Session) -> list[tuple[ProfileType, str, bool]]:
    location = await locations.find(unit, session.holder, session.owner, session.location_id)
    ids: tuple[str, ...] = ()
    if location is not None and any(one.uid == session.evse_uid for one in location.evses):
        ids = connector_of(evse_of(location, session.evse_uid), session.connector_id).tariff_ids
    found = list[tuple[ProfileType, str, bool]]()
    for profile, name in PROFILES.items():
        kind = rules.KINDS[profile]
        tariff = await tariffs.offered(unit, session.holder, session.owner, ids, unit.now, kind, session.token.owner)
        found.append((profile, asked.say(name), rules.supports(profile, tariff)))
    return found


DOORS: tuple[Door, ...] = (do("/sessions/{ref}/prefer", prefer),)
