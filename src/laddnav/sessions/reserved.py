"""What a reservation makes of the Session that begins with it; pure."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.kit.ids import fold
from laddnav.metering import periods as metering
from laddnav.metering.model import Activity, Fact, Mark, Measurand, Reading
from laddnav.pricing.tab import advanced as priced_on
from laddnav.pricing.tab import opened
from laddnav.sessions.model import AuthMethod, CdrToken, Reserved, Session, Status
from laddnav.sessions.moves import Happening, moved
from laddnav.sessions.rules import Place, advanced, costed
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Allowed, Authorization


def reserved(
    pending: Session, place: Place, *, number: int, until: datetime, now: datetime, booked: bool = False
) -> Session:
    """The Evse waits for its driver: both folds open, on the Tariff of this moment, which stays for what follows.

    `booked`: the Tariff's prices for reservations are not for this.
    """
    tariff = _for_the_charge(place.tariff) if booked and place.tariff is not None else place.tariff
    tab = None if tariff is None else opened(tariff, now, place.location.time_zone, reserved=True)
    return costed(
        replace(
            pending,
            status=Status.RESERVATION,
            started_at=now,
            tariff_id=None if place.tariff is None else place.tariff.id,
            meter=metering.begun(now, None, Activity.RESERVED, power_max=place.power_max),
            tab=tab,
            reserved=Reserved(number=number, until=until),
        ),
        now,
    )


def _for_the_charge(tariff: Tariff) -> Tariff:
    return replace(tariff, elements=tuple(one for one in tariff.elements if one.restriction.reservation is None))


def begun(session: Session, *, at: datetime, register: Energy | None, now: datetime) -> Session:
    """The driver came: the same two folds go over from the reservation to the charge."""
    assert session.reserved is not None, "only what is reserved is used"
    at = max(at, session.started_at)
    facts: list[Fact] = [Mark(at=at, activity=Activity.CHARGING)]
    if register is not None:
        facts.append(Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=register.wh))
    active = replace(
        session,
        status=moved(session.status, Happening.BEGAN),
        meter_started=None if register is None else register.wh,
        reserved=replace(session.reserved, used_at=at),
    )
    return advanced(active, facts, now).session


def prolonged(session: Session, until: datetime, tokens: tuple[CdrToken, ...], now: datetime) -> Session:
    """The reservation was replaced by one to another moment, or for others."""
    assert session.reserved is not None, "only what is reserved is prolonged"
    kept = replace(session.reserved, until=until, tokens=tokens if len(tokens) > 1 else ())
    return replace(session, token=tokens[0], reserved=kept, last_updated=now)


def tokens_of(session: Session) -> tuple[CdrToken, ...]:
    """All with which a Session that waits may go on, what the Station knows first."""
    several = session.reserved.tokens if session.reserved is not None else ()
    return several or (session.token,)


def named(session: Session, uid: str) -> CdrToken | None:
    """Which of them has this uid."""
    return next((one for one in tokens_of(session) if fold(one.uid) == fold(uid)), None)


def taken_by(session: Session, uid: str) -> Session:
    """Whose charge it becomes when the Station says that this card began it.

    Whoever had it started from afar keeps it, for then the Station says the one that it knows.
    """
    others = tokens_of(session)[1:]
    return next((replace(session, token=one) for one in others if fold(one.uid) == fold(uid)), session)


def given_back(session: Session) -> Session:
    """What was to be started from afar was not: it waits as before, for whoever comes."""
    return replace(session, token=tokens_of(session)[0])


def released(session: Session, at: datetime, now: datetime) -> Session:
    """The reservation is over, and nobody came (OCPI 2.2.1 mod_sessions_session_object): what it costs is final.

    OCPI has no word for a reservation that was cancelled: in a CDR it reads as one that expired then, and so it costs.
    """
    status = moved(session.status, Happening.RELEASED)
    at = max(at, session.started_at)
    assert session.meter is not None, "a reservation of ours is metered"
    tab = session.tab
    if tab is not None:
        for stretch in metering.ended(session.meter, at).stretches:
            tab = priced_on(tab, stretch)
    return costed(replace(session, status=status, ended_at=at, tab=tab), now)


def costs_nothing(session: Session) -> bool:
    """Whether nobody owes anything for a reservation that nobody used, so that it needs no CDR."""
    return session.cost is None or not session.cost.before_taxes


def awaits(session: Session, uid: str, reservation_no: int | None) -> bool:
    """Whether this is the start for which the Session waits.

    By its Token; a reservation also by its number, for a Token of the same group may use it (OCPP 1.6 §5.13).
    """
    if session.status is Status.RESERVATION and session.reserved is not None:
        return named(session, uid) is not None or session.reserved.number == reservation_no
    return session.status is Status.PENDING and fold(session.token.uid) == fold(uid)


def let_in(session: Session, given: Authorization) -> Session:
    """A reservation whose driver was judged at the Station after all (OCPI 2.2.1 mod_sessions_session_object).

    The last reference counts; without a verdict the command that reserved is what let the driver in.
    """
    if session.reserved is None or given.token is None:
        return session
    return replace(
        session,
        auth_method=AuthMethod.AUTH_REQUEST if given.asked else AuthMethod.WHITELIST,
        allowed=given.allowed is Allowed.ALLOWED,
        authorization_reference=given.reference or session.authorization_reference,
    )
