"""What closes a charge, and what may follow on a CDR that is closed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from msgspec.structs import replace

from laddnav.cdrs.model import Cdr, Costs
from laddnav.kit.money import Price
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import hours
from laddnav.metering.model import Activity, ChargingPeriod, Dimension, Measured
from laddnav.pricing.model import Amount, Charge, Priced, Stated
from laddnav.pricing.rounding import rounded
from laddnav.pricing.tab import metered
from laddnav.sessions.model import Session
from laddnav.sessions.preferred import tariffs_since

ID_MAX = 39  # of a Credit CDR; others have 36 (OCPI 2.2.1 mod_cdrs_cdr_object)
CREDIT = "-C"


class UnknownCdr(Refusal):
    """No CDR with this id is known here."""

    def __init__(self, cdr_id: str) -> None:
        super().__init__(f"No CDR {cdr_id!r} is known here")
        self.cdr_id = cdr_id


class AlreadyClosedDifferently(Refusal):
    """A CDR with this id is kept already and says something else; a CDR is never changed, only credited."""

    def __init__(self, cdr_id: str) -> None:
        super().__init__(f"CDR {cdr_id!r} is kept already and says something else; send a Credit CDR and a new one")
        self.cdr_id = cdr_id


class NotOurs(Refusal):
    """Only the CPO of a CDR credits it."""

    def __init__(self, cdr_id: str) -> None:
        super().__init__(f"CDR {cdr_id!r} is a partner's; only its CPO can credit it")
        self.cdr_id = cdr_id


class AlreadyCredited(Refusal):
    """The CDR is credited, or is a credit itself."""

    def __init__(self, cdr_id: str) -> None:
        super().__init__(f"CDR {cdr_id!r} is credited already, or is a Credit CDR itself")
        self.cdr_id = cdr_id


class NotInDispute(Refusal):
    """Nobody disputes this CDR, or it is decided already."""

    def __init__(self, cdr_id: str) -> None:
        super().__init__(f"CDR {cdr_id!r} is not in dispute, or that is decided already")
        self.cdr_id = cdr_id


class UnknownDispute(Refusal):
    """This CDR passed its check; there is no dispute about it."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no dispute about CDR {ref}")
        self.ref = ref


# ---- Closing and crediting


def closed(
    session: Session,
    measured: Measured,
    *,
    id: str,
    now: datetime,
) -> Cdr:
    """The CDR of a settled charge: its stretches priced on the Tariff of its start, rounded once.

    OCPI 2.2.1 mod_cdrs_cdr_object. A charge without a Tariff is free, and says so by its zero total.
    """
    assert session.ended_at is not None, "only a charge that is over is closed"
    assert session.place is not None, "a charge of ours has begun somewhere"
    tariffs = () if session.tab is None else session.tab.tariffs
    tariff = tariffs[0] if tariffs else None
    then = tariffs_since(session.preferred)
    at_once = None if measured.stretches else session.started_at  # ended the instant it began, it has no stretch
    priced = (
        Priced(currency=session.currency)
        if tariff is None
        else rounded(metered(tariff, measured.stretches, session.time_zone, started_at=at_once, then=then))
    )
    return Cdr(
        holder=session.holder,
        owner=session.owner,
        id=id,
        ref=id,
        session_id=session.id,
        started_at=session.started_at,
        ended_at=session.ended_at,
        token=session.token,
        auth_method=session.auth_method,
        authorization_reference=session.authorization_reference,
        invoice_reference_id=session.invoice_reference_id,
        location=session.place,
        meter_id=session.meter_id,
        currency=session.currency,
        tariffs=tuple(dict.fromkeys(tariffs)),
        periods=priced.periods or unpriced(session, measured),
        costs=costs_of(priced),
        energy=priced.used if tariff is not None else session.energy,
        time=session.ended_at - session.started_at,
        parking_time=priced.parked if tariff is not None else _parked(measured),
        lines=priced.lines,
        flags=priced.flags,
        last_updated=now,
    )


def differs(before: Cdr, after: Cdr) -> bool:
    """Whether a CDR closed anew says anything else that matters: money, energy or time."""
    return _outcome(before) != _outcome(after)


def _outcome(cdr: Cdr) -> tuple[object, ...]:
    return cdr.costs, cdr.energy, cdr.time, cdr.parking_time, cdr.started_at, cdr.ended_at


def succeeding(before: Cdr, after: Cdr) -> Cdr:
    """What is closed anew after its credit: the place, the Token and the rest stay as they were at the charge."""
    return replace(after, location=before.location, token=before.token, closing=before.closing + 1)


def credited(cdr: Cdr, *, id: str, ref: str, now: datetime) -> Cdr:
    """The Credit CDR: all data again, and only the amounts of the total turned (OCPI 2.2.1 mod_cdrs_credit_cdrs).

    Raises AlreadyCredited for a Credit CDR: what takes back is not taken back itself.
    """
    if cdr.credit:
        raise AlreadyCredited(cdr.id)
    return replace(
        cdr,
        id=id,
        ref=ref,
        costs=replace(cdr.costs, total=_turned(cdr.costs.total)),
        credit=True,
        credit_reference_id=cdr.id,
        last_updated=now,
    )


def credit_id(cdr_id: str) -> str:
    """An id of its own in which the original's is recognised; the three characters that it may be longer allow that."""
    return f"{cdr_id[: ID_MAX - len(CREDIT)]}{CREDIT}"


def _turned(price: Price) -> Price:
    """The taxes too: they were taken of what is given back."""
    if price.taxes is None:
        return Price(-price.before_taxes)
    taxes = [replace(tax, amount=-tax.amount, base=None if tax.base is None else -tax.base) for tax in price.taxes]
    return Price(-price.before_taxes, tuple(taxes))


def charge_of(cdr: Cdr, zone: str | None) -> Charge:
    """What of the CDR decides its price; `zone` None where nobody knows the place's time zone."""
    costs = cdr.costs
    return Charge(
        id=cdr.id,
        started_at=cdr.started_at,
        ended_at=cdr.ended_at,
        currency=cdr.currency,
        zone=zone,
        country=cdr.location.country,
        periods=cdr.periods,
        tariffs=cdr.tariffs,
        stated=Stated(
            total=_sides(costs.total),
            fixed=_sides(costs.fixed),
            energy=_sides(costs.energy),
            time=_sides(costs.time),
            parking=_sides(costs.parking),
            reservation=_sides(costs.reservation),
        ),
        energy=cdr.energy,
        time=cdr.time,
        parking_time=cdr.parking_time,
        credit=cdr.credit,
    )


def _sides(cost: Price | None) -> Amount | None:
    return None if cost is None else Amount(cost.before_taxes, cost.after_taxes)


# ---- What a CDR of ours is made of


def costs_of(priced: Priced) -> Costs:
    """The total and all its parts; a charge that nobody had reserved says nothing of a reservation."""
    return Costs(
        total=priced.total.price,
        fixed=priced.fixed.price,
        energy=priced.energy.price,
        time=priced.time.price,
        parking=priced.parking.price,
        reservation=priced.reservation.price if priced.reserved else None,
    )


def unpriced(session: Session, measured: Measured) -> tuple[ChargingPeriod, ...]:
    """The periods of a charge that nothing prices: one, for OCPI wants at least one (mod_cdrs_cdr_object)."""
    assert session.ended_at is not None
    parked = _parked(measured)
    dimensions = [
        Dimension("ENERGY", session.energy.kwh),
        Dimension("TIME", hours(session.ended_at - session.started_at - parked)),
    ]
    if parked:
        dimensions.append(Dimension("PARKING_TIME", hours(parked)))
    return (ChargingPeriod(started_at=session.started_at, dimensions=tuple(dimensions)),)


def _parked(measured: Measured) -> timedelta:
    return sum((one.length for one in measured.stretches if one.activity is Activity.SUSPENDED_EV), timedelta())


def digest(words: bytes) -> str:
    """By which the same words are known when they come again."""
    return hashlib.sha256(words).hexdigest()
