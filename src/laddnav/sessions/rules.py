"""What each fact makes of a charge."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.money import Price, minor_unit
from laddnav.kit.power import Power
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import hours
from laddnav.locations.model import Connector, Evse, Location
from laddnav.locations.rules import evse_of
from laddnav.metering import periods as metering
from laddnav.metering.clocks import CLOCKS_DIFFER, ahead
from laddnav.metering.model import Activity, Doubt, DoubtKind, Fact, Measured, Meter, Reading, Stretch
from laddnav.pricing.model import Tab
from laddnav.pricing.rounding import rounded_amount
from laddnav.pricing.tab import opened, total
from laddnav.sessions.model import NO_ZONE, AuthMethod, CdrLocation, CdrToken, Known, Session, Status, StopReason
from laddnav.sessions.moves import Happening, moved
from laddnav.sessions.preferred import priced_on
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Allowed, Authorization, TokenType

# How long a driver has between asking for a start and plugging in.
START_WITHIN = timedelta(minutes=10)
# How long after the stop a missing last register may still come before the charge is closed without it.
SETTLE_WITHIN = timedelta(minutes=2)
# How far outside a charge readings of it may lie: a clock that is set while it goes on, words that were kept for later.
READ_BEFORE = timedelta(days=1)
READ_WITHIN = timedelta(days=7)


class UnknownSession(Refusal):
    """No Session with this id is known here."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"No Session {session_id!r} is known here")
        self.session_id = session_id


class EvseBusy(Refusal):
    """Another charge is under way at this Evse."""

    def __init__(self, evse_uid: str) -> None:
        super().__init__(f"Another charge is under way at Evse {evse_uid!r}")
        self.evse_uid = evse_uid


class NoPreferences(Refusal):
    """This Evse follows no charging preferences (OCPI 2.2.1 mod_sessions_charging_preferences_response_enum)."""

    def __init__(self, evse_uid: str) -> None:
        super().__init__(f"Evse {evse_uid!r} follows no charging preferences")
        self.evse_uid = evse_uid


class AlreadyEnded(Refusal):
    """The charge is over already."""

    def __init__(self, session_id: str, status: Status) -> None:
        super().__init__(f"Session {session_id!r} is {status.value} already")
        self.session_id, self.status = session_id, status


class Place(Struct, frozen=True, kw_only=True):
    """Where a charge happens, with all that it takes from there."""

    location: Location
    where: EvseRef
    connector: Connector
    station_id: str
    evse_no: int
    tariff: Tariff | None
    currency: str

    @property
    def power_max(self) -> Power | None:
        return None if self.connector.power_max is None else Power(Decimal(self.connector.power_max))

    @property
    def snapshot(self) -> CdrLocation:
        """Raises UnknownEvse."""
        return snapshot(self.location, evse_of(self.location, self.where.evse_uid), self.connector)


def snapshot(location: Location, evse: Evse, connector: Connector) -> CdrLocation:
    """What a CDR says of it, however the Location changes meanwhile (OCPI 2.2.1 mod_cdrs_cdr_object)."""
    return CdrLocation(
        id=location.id,
        name=location.name,
        address=location.address,
        city=location.city,
        postal_code=location.postal_code,
        state=location.state,
        country=location.country,
        coordinates=location.coordinates,
        evse_uid=evse.uid,
        # OCPI wants an eMI3 id here; an Evse that has none is named by what our own words call it.
        evse_id=evse.evse_id or evse.uid,
        connector_id=connector.id,
        connector_standard=connector.standard,
        connector_format=connector.format,
        connector_power_type=connector.power_type,
    )


class Advanced(Struct, frozen=True, kw_only=True):
    """A Session after a fact, and what the fact left in doubt."""

    session: Session
    doubts: tuple[Doubt, ...] = ()


def pending(
    *,
    holder: PartyId,
    id: str,
    place: Place,
    token: CdrToken,
    reference: str | None,
    invoice_reference: str | None = None,
    command_id: str | None,
    now: datetime,
) -> Session:
    """A start that somebody asked for and no car has followed yet."""
    return replace(
        _planned(holder=holder, id=id, place=place, token=token, at=now, now=now),
        status=Status.PENDING,
        auth_method=AuthMethod.COMMAND,
        authorization_reference=reference,
        invoice_reference_id=invoice_reference,
        command_id=command_id,
    )


def begun(session: Session, place: Place, *, at: datetime, register: Energy | None, now: datetime) -> Session:
    """The car draws from here on: both folds open, on the Tariff of this moment, which stays for this charge."""
    tab = None if place.tariff is None else opened(place.tariff, at, place.location.time_zone)
    return costed(
        replace(
            session,
            status=moved(session.status, Happening.BEGAN),
            started_at=at,
            station_id=place.station_id,
            evse_no=place.evse_no,
            currency=place.currency,
            tariff_id=None if place.tariff is None else place.tariff.id,
            meter=metering.begun(at, register, power_max=place.power_max),
            meter_started=None if register is None else register.wh,
            tab=tab,
        ),
        now,
    )


def walked_up(
    *, holder: PartyId, id: str, place: Place, token: CdrToken, given: Authorization, at: datetime, now: datetime
) -> Session:
    """A start at the Station itself, before it has begun to count."""
    return replace(
        _planned(holder=holder, id=id, place=place, token=token, at=at, now=now),
        auth_method=AuthMethod.AUTH_REQUEST if given.asked else AuthMethod.WHITELIST,
        allowed=given.allowed is Allowed.ALLOWED,
        authorization_reference=given.reference,
    )


def _planned(*, holder: PartyId, id: str, place: Place, token: CdrToken, at: datetime, now: datetime) -> Session:
    return Session(
        holder=holder,
        owner=holder,
        id=id,
        ref=id,
        status=Status.PENDING,
        token=token,
        auth_method=AuthMethod.WHITELIST,
        location_id=place.where.location_id,
        evse_uid=place.where.evse_uid,
        connector_id=place.connector.id,
        place=place.snapshot,
        station_id=place.station_id,
        evse_no=place.evse_no,
        started_at=at,
        currency=place.currency,
        time_zone=place.location.time_zone,
        last_updated=now,
    )


def token_of(given: Authorization, holder: PartyId, uid: str) -> CdrToken:
    """The Token as it was; a uid that nobody knows has no contract, and its charge is never billed."""
    if given.token is None:
        return CdrToken(owner=holder, uid=uid, type=TokenType.OTHER, contract_id="")
    token = given.token
    return CdrToken(owner=token.owner, uid=token.uid, type=token.type, contract_id=token.contract_id)


def advanced(session: Session, facts: Iterable[Fact], now: datetime) -> Advanced:
    """Fold what the meter said into energy and price so far. A charge that is over only has its doubts told."""
    more = counted(session, facts, now)
    return more if more.session is session else replace(more, session=costed(more.session, now))


def counted(session: Session, facts: Iterable[Fact], now: datetime) -> Advanced:
    """As `advanced`, but for what it costs so far, which is as it was: whoever wants to know adds the Tab up."""
    if session.meter is None:
        return Advanced(session=session)
    facts = tuple(facts)
    more = metering.folded(session.meter, facts)
    doubts = (*ahead(facts, now, session.started_at), *more.doubts)
    if session.status is not Status.ACTIVE:
        return Advanced(session=session, doubts=doubts)
    tab = session.tab
    if tab is None:
        counted = more.meter.counted
        energy = session.energy if counted is None else counted
    else:
        for stretch in more.stretches:
            tab = priced_on(tab, session.preferred, stretch)
        energy = tab.used
    session = replace(session, meter=more.meter, tab=tab, energy=energy, last_updated=now)
    return Advanced(session=session, doubts=doubts)


def stopped(
    session: Session, *, at: datetime, register: Energy | None, reason: str, facts: Iterable[Fact], now: datetime
) -> Advanced:
    """The charge is over and waits to be settled. Raises AlreadyEnded."""
    if session.status not in (Status.ACTIVE, Status.PENDING):
        raise AlreadyEnded(session.id, session.status)
    before = advanced(session, facts, now)
    session = before.session
    doubts = before.doubts
    tab = session.tab
    meter = session.meter
    if meter is not None:
        rest = metering.ended(meter, at, register)
        meter, doubts = rest.meter, doubts + rest.doubts
        if tab is not None:
            for stretch in rest.stretches:
                tab = priced_on(tab, session.preferred, stretch)
    done = replace(
        session,
        status=moved(session.status, Happening.STOPPED),
        ended_at=max(at, session.started_at),
        stop_reason=reason,
        meter=meter,
        tab=tab,
        meter_stopped=None if register is None else register.wh,
    )
    return Advanced(session=costed(done, now), doubts=doubts)


def last_word(session: Session) -> datetime:
    """When its Station last told anything of it that counted."""
    if session.meter is None:
        return session.started_at
    return max(session.meter.read_at, *(mark.at for mark in session.meter.marks), session.started_at)


def awaits_its_stop(session: Session) -> bool:
    """Whether it was stopped for another reason than its Station's own word, which may still come."""
    return session.status is Status.SETTLING and session.meter_stopped is None


def reopened(session: Session) -> Session:
    """A charge that its Station had not stopped, as it was when it began, so that it can be folded to its true end."""
    status = moved(session.status, Happening.REOPENED)
    return replace(_as_begun(session), status=status, ended_at=None, stop_reason=None)


def recounted(session: Session, facts: Iterable[Fact], full: Energy | None, now: datetime) -> Advanced:
    """The same charge, counted with what is now known of its meter: where its register ends, or that it is another."""
    if session.meter is not None and full is not None:
        session = replace(session, meter=replace(session.meter, full=full))
    if session.status is Status.ACTIVE or session.ended_at is None:
        return advanced(_as_begun(session), facts, now)
    register = None if session.meter_stopped is None else Energy(session.meter_stopped)
    until = session.ended_at
    again = stopped(
        reopened(session),
        at=until,
        register=register,
        reason=session.stop_reason or StopReason.OTHER,
        facts=[fact for fact in facts if fact.at <= until],
        now=now,
    )
    return again if session.status is Status.SETTLING else replace(again, session=settled(again.session, now))


def _as_begun(session: Session) -> Session:
    tab, reserved = session.tab, session.reserved is not None
    opens = None if tab is None else opened(tab.tariffs[0], session.started_at, session.time_zone, reserved=reserved)
    return replace(session, meter=meter_at_start(session), tab=opens)


def given_all_along(session: Session, power: Power, now: datetime) -> Session:
    """A charge under way as though it had taken this power since its beginning, up to its last register."""
    tab, meter = _as_begun(session).tab, session.meter
    assert tab is not None and meter is not None, "what goes on at a Station of ours is metered, and this has a price"
    began_at, kept = session.started_at, session.reserved
    if kept is not None and kept.used_at is not None:
        waited = Stretch(started_at=began_at, ended_at=kept.used_at, energy=NO_ENERGY, activity=first_activity(session))
        tab, began_at = priced_on(tab, session.preferred, waited), kept.used_at
    given = Energy(power.watts * hours(max(meter.read_at - began_at, timedelta())))
    taken = Stretch(started_at=began_at, ended_at=max(meter.read_at, began_at), energy=given)
    return costed(replace(session, tab=priced_on(tab, session.preferred, taken)), now)


def meter_at_start(session: Session) -> Meter:
    """As it was when the Session began: while an Evse is reserved nothing flows, so its register stands still."""
    register = None if session.meter_started is None else Energy(session.meter_started)
    power_max = None if session.meter is None else session.meter.power_max
    full = None if session.meter is None else session.meter.full
    return metering.begun(session.started_at, register, first_activity(session), power_max=power_max, full=full)


def first_activity(session: Session) -> Activity:
    return Activity.CHARGING if session.reserved is None else Activity.RESERVED


def told_late(session: Session, at: datetime) -> bool:
    """Whether a start at this instant is older news than this Session, and none of its business.

    When a Session was asked for is told by our clock, when one began by its Station's own, as the start is.
    """
    by_its_own_clock = session.status is Status.ACTIVE
    return at < (session.started_at if by_its_own_clock else session.started_at - CLOCKS_DIFFER)


def told_too_late(session: Session, readings: Iterable[Reading]) -> bool:
    """Whether these would have counted in a charge that is settled already."""
    if session.status is not Status.COMPLETED or session.ended_at is None:
        return False
    until = session.ended_at
    return any(one.register is not None and session.started_at <= one.at <= until for one in readings)


def never_stopped(session: Session) -> bool:
    """Whether it was settled without its Station's own word of the end, which now comes after all."""
    return session.status is Status.COMPLETED and session.meter is not None and session.meter_stopped is None


def read_between(session: Session) -> tuple[datetime, datetime | None]:
    """When its readings were taken; None: it goes on."""
    until = None if session.ended_at is None else session.ended_at + READ_WITHIN
    return session.started_at - READ_BEFORE, until


def nothing_missing(session: Session) -> bool:
    """Whether a stopped charge can be closed at once: both ends of its register are known."""
    return session.meter_started is not None and session.meter_stopped is not None


def settled(session: Session, now: datetime) -> Session:
    """Over for good: billable and COMPLETED, or INVALID where the driver was refused."""
    happening = Happening.SETTLED if session.allowed else Happening.GIVEN_UP
    return replace(session, status=moved(session.status, happening), last_updated=now)


def given_up(session: Session, now: datetime) -> Session:
    return replace(session, status=moved(session.status, Happening.GIVEN_UP), ended_at=now, last_updated=now)


def whole(session: Session, facts: Iterable[Fact]) -> Measured:
    """The finished charge folded once more over all its facts, those that came late among them."""
    assert session.ended_at is not None, "only a charge that is over is folded whole"
    return metering.stretches(
        facts,
        session.started_at,
        None if session.meter_started is None else Energy(session.meter_started),
        session.ended_at,
        None if session.meter_stopped is None else Energy(session.meter_stopped),
        activity=first_activity(session),
        power_max=None if session.meter is None else session.meter.power_max,
        full=None if session.meter is None else session.meter.full,
    )


def put_right(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """Those that the fold over all facts still has; a reading that was merely late is none any more."""
    return tuple(one for one in doubts if one.kind is not DoubtKind.LATE_READING)


def stays(before: Known, after: Session) -> bool:
    """Whether a partner's news is older than what we know, or the same."""
    return after.last_updated <= before.last_updated


def stands(before: Known, after: Session) -> bool:
    """Whether it is where it was, at a Location whose time zone we know: no charge goes on in another one."""
    return after.location_id == before.location_id and before.time_zone != NO_ZONE


def costed(session: Session, now: datetime) -> Session:
    """With its energy and its cost so far; of a reservation that nobody used, with what it costs in the end."""
    if session.tab is None:
        counted = None if session.meter is None else session.meter.counted
        return replace(session, energy=session.energy if counted is None else counted, last_updated=now)
    cost = cost_of(session.tab, over=session.status is Status.COMPLETED)
    return replace(session, energy=session.tab.used, cost=cost, last_updated=now)


def cost_of(tab: Tab, *, over: bool = False) -> Price:
    """What a Tab comes to as it stands, in coins."""
    return rounded_amount(total(tab, over=over), minor_unit(tab.tariff.currency)).price
