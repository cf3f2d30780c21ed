"""The verb by which a driver says, while a charge goes on, what matters most."""

from __future__ import annotations

from decimal import Decimal

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.power import Power
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.readings import actions as readings
from laddnav.sessions import preferred, rules, store
from laddnav.sessions.events import SessionChanged
from laddnav.sessions.model import Preferences, PreferencesAnswer, Status
from laddnav.sessions.rules import AlreadyEnded, NoPreferences, UnknownSession
from laddnav.tariffs import actions as tariffs

CAPABLE = "CHARGING_PREFERENCES_CAPABLE"


async def prefer(unit: Unit, holder: PartyId, session_id: str, wants: Preferences) -> PreferencesAnswer:
    """What is accepted holds from now on, its Tariff too. Raises UnknownSession, AlreadyEnded, NoPreferences."""
    session = await store.find(unit, holder, holder, session_id, lock=True)
    if session is None:
        raise UnknownSession(session_id)
    if session.status is not Status.ACTIVE:
        raise AlreadyEnded(session.id, session.status)
    if not await locations.can(unit, holder, EvseRef(session.location_id, session.evse_uid), CAPABLE):
        raise NoPreferences(session.evse_uid)
    location = await locations.fetch(unit, holder, holder, session.location_id)
    connector = places.connector_of(places.evse_of(location, session.evse_uid), session.connector_id)
    kind = preferred.KINDS[wants.profile]
    tariff = await tariffs.offered(unit, holder, holder, connector.tariff_ids, unit.now, kind, session.token.owner)
    if tariff is None or session.tab is None or not preferred.supports(wants.profile, tariff):
        return PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED
    power_max = None if connector.power_max is None else Power(Decimal(connector.power_max))
    answer = preferred.answer(wants, session, power_max, unit.now)
    if answer is PreferencesAnswer.ACCEPTED:
        cut = preferred.mark(session, unit.now)
        readings.mark(unit, holder, session.id, cut)
        marked = rules.advanced(session, [cut], unit.now).session
        store.update(unit, preferred.after(marked, wants, tariff, unit.now))
        unit.announce(SessionChanged(holder=holder, owner=str(holder), session_id=session.id))
    return answer
