"""The verb by which whoever may say it says, while a charge goes on, what matters most."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.power import Power
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.locations.model import Connector
from laddnav.readings import actions as readings
from laddnav.sessions import preferred, rules, store
from laddnav.sessions.actions.grounds import members
from laddnav.sessions.events import PreferencesChanged, SessionChanged
from laddnav.sessions.model import Preferences, PreferencesAnswer, ProfileType, Session, Status, Voice
from laddnav.sessions.preferred import Answered
from laddnav.sessions.rules import AlreadyEnded, NoPreferences, UnknownSession
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff

CAPABLE = "CHARGING_PREFERENCES_CAPABLE"
NOT_SUPPORTED = Answered(answer=PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED, kept=False)


async def prefer(
    unit: Unit, holder: PartyId, session_id: str, wants: Preferences, *, by: Voice = Voice.APP
) -> Answered:
    """What is kept holds from now on, beneath weightier words; its Tariff too, where `by` may choose that.

    A partner's app is held to OCPI: the Evse has to be capable, and the profile has to have its Tariff.
    Raises UnknownSession, AlreadyEnded, NoPreferences, NoSuchWish.
    """
    session = await store.find(unit, holder, holder, session_id, lock=True)
    if session is None:
        raise UnknownSession(session_id)
    if session.status is not Status.ACTIVE:
        raise AlreadyEnded(session.id, session.status)
    where = EvseRef(session.location_id, session.evse_uid)
    if by is Voice.APP and not await locations.can(unit, holder, where, CAPABLE):
        raise NoPreferences(session.evse_uid)
    wants = preferred.measured(preferred.sensible(wants, session.currency), session.energy)
    connector = await _connector(unit, holder, session)
    tariff = await _tariff(unit, holder, session, connector, wants.profile)
    if by is Voice.APP and (session.tab is None or not preferred.supports(wants.profile, tariff)):
        return NOT_SUPPORTED
    then = preferred.after(session, wants, None, unit.now, by)
    holds = preferred.wanted(then, unit.now)
    assert holds is not None, "something was just said"
    power_max = None if connector is None or connector.power_max is None else Power(Decimal(connector.power_max))
    # Of what is left open, what somebody else has said counts; what is said, even a time that is over, counts as said.
    whole = wants if by is not holds.by else preferred.completed(wants, holds.wants)
    answer = preferred.answer(whole, session, power_max, unit.now)
    answered = Answered(
        answer=answer,
        kept=preferred.keeps(answer, by),
        energy_most=preferred.energy_most(whole, session, power_max, unit.now)
        if answer is PreferencesAnswer.NOT_POSSIBLE
        else None,
    )
    if answered.kept and not preferred.said_already(session, wants, by):
        chosen = tariff if by is holds.by and preferred.may_change_tariff(session, by) else None
        _keep(unit, session, wants, chosen, by)
    return answered


async def agree_to_give_back(unit: Unit, holder: PartyId, session_id: str, most: Power | None) -> None:
    """A car and its Station have agreed that energy may go both ways, at most so much of it back; None: one way only.

    Whether it does is for whoever stands before the car, and for its site. Raises UnknownSession.
    """
    session = await store.find(unit, holder, holder, session_id, lock=True)
    if session is None:
        raise UnknownSession(session_id)
    if session.gives_back_max != most:
        store.update(unit, replace(session, gives_back_max=most))
        unit.announce(PreferencesChanged(holder=holder, owner=str(session.owner), session_id=session.id))


async def partner_accepted(unit: Unit, holder: PartyId, owner: PartyId, session_id: str, wants: Preferences) -> None:
    """A CPO tries what a driver of ours wants; of a charge that we have not heard of nothing is kept."""
    session = await store.find(unit, holder, owner, session_id, lock=True)
    if session is not None:
        said = preferred.after(session, wants, None, unit.now, Voice.DRIVER)
        # How new it is, its CPO says.
        store.update(unit, replace(said, last_updated=session.last_updated))
        unit.announce(SessionChanged(holder=holder, owner=str(owner), session_id=session.id))


def _keep(unit: Unit, session: Session, wants: Preferences, tariff: Tariff | None, by: Voice) -> None:
    if tariff == preferred.holding(session):
        tariff = None
    if tariff is not None:
        cut = preferred.mark(session, unit.now)
        readings.mark(unit, session.holder, session.id, cut)
        session = rules.advanced(session, [cut], unit.now).session
    store.update(unit, preferred.after(session, wants, tariff, unit.now, by))
    for kind in (SessionChanged, PreferencesChanged):
        unit.announce(kind(holder=session.holder, owner=str(session.owner), session_id=session.id))


async def _connector(unit: Unit, holder: PartyId, session: Session) -> Connector | None:
    """None: it is in no Location any more."""
    location = await locations.find(unit, holder, holder, session.location_id)
    for evse in () if location is None else location.evses:
        if fold(evse.uid) == fold(session.evse_uid):
            return places.connector_of(evse, session.connector_id)
    return None


async def _tariff(
    unit: Unit, holder: PartyId, session: Session, connector: Connector | None, profile: ProfileType
) -> Tariff | None:
    """The one for this profile, else that for everybody; None: what has a price here is not offered any more."""
    if connector is None:
        return None
    kind, token = preferred.KINDS[profile], session.token
    group = await members(unit, holder, token.owner, token.contract_id, session.started_at)
    return await tariffs.offered(unit, holder, holder, connector.tariff_ids, unit.now, kind, token.owner, group)
