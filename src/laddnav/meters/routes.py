"""The operator API about meters, the keys that stations claim for them, and charges that wait for a decision."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.time import utc
from laddnav.locations import actions as locations
from laddnav.meters import actions, rules
from laddnav.meters.model import Claim, KeySource, Meter, MeterExchange, Proof
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

Word = Annotated[str, Meta(min_length=1, max_length=64)]


class Described(Struct, frozen=True, kw_only=True):
    """All that is said of a meter; what is left out is not said any more."""

    public_key: Annotated[str, Meta(min_length=1, max_length=2500)] | None = None
    key_source: KeySource = KeySource.METER
    digits: int | None = None
    station_id: Word | None = None
    evse_no: Annotated[int, Meta(ge=0)] | None = None
    type_approval: Word | None = None
    calibrated_on: date | None = None
    calibration_ends: date | None = None


class NewMeter(Described, frozen=True, kw_only=True):
    """A meter of `holder`."""

    holder: str
    serial: Word


class Exchanged(Struct, frozen=True, kw_only=True):
    """`before_kwh` is what the old meter said last and `after_kwh` what the new one said first, where somebody read."""

    station_id: Word
    evse_no: Annotated[int, Meta(ge=0)]
    at: datetime
    before_kwh: Decimal | None = None
    after_kwh: Decimal | None = None
    why: Annotated[str, Meta(min_length=1, max_length=500)]


class Trust(Struct, frozen=True, kw_only=True):
    """Of the meters of `holder`."""

    holder: str
    first_use_trusted: bool


class Decision(Struct, frozen=True, kw_only=True):
    """`why` is kept with what was decided."""

    why: str


async def list_meters(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Meter]:
    """Registered meters, newest first."""
    found = await actions.page(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def register_meter(unit: Unit, by: Visitor, body: NewMeter) -> Meter:
    """From now on what is signed with its key counts, also in charges that wait for it."""
    meter = Meter(
        holder=yours(by, PartyId.parse(body.holder)),
        ref=unit.new_id(),
        serial=body.serial,
        registered_at=unit.now,
        registered_by=by.name,
        **_said(body),  # type: ignore[arg-type]  # one name and one type in both
    )
    return await actions.register(unit, meter)


async def fetch_meter(unit: Unit, ref: str) -> Meter:
    """One meter."""
    return await actions.by_ref(unit, ref)


async def amend_meter(unit: Unit, by: Visitor, ref: str, body: Described) -> Meter:
    """Say anew all that is known of a meter."""
    return await actions.amend(unit, replace(await actions.by_ref(unit, ref), **_said(body)), by=by.name)


async def exchange_meter(unit: Unit, by: Visitor, body: Exchanged) -> MeterExchange:
    """Note that another meter counts at an Evse from an instant on; charges are billed across it."""
    station = await locations.station(unit, body.station_id)
    noted = MeterExchange(
        holder=yours(by, station.holder),
        station_id=station.id,
        evse_no=body.evse_no,
        at=utc(body.at),
        before=rules.register_said(body.before_kwh),
        after=rules.register_said(body.after_kwh),
        why=body.why,
        noted_at=unit.now,
        noted_by=by.name,
    )
    return await actions.exchange(unit, noted)


async def confirm_meter(unit: Unit, by: Visitor, ref: str) -> Meter:
    """Say that its key is the one on the meter, where it was trusted at its first use."""
    return await actions.confirm(unit, ref, by=by.name)


async def trust_first_use(unit: Unit, by: Visitor, body: Trust) -> Trust:
    """Trust the first key that a station sends for a meter until somebody confirms it, or do not any more."""
    holder = yours(by, PartyId.parse(body.holder))
    await actions.trust_first_use(unit, holder, body.first_use_trusted, by=by.name)
    return body


async def list_ending(unit: Unit, by: Visitor, *, limit: Limit = 50) -> Page[Meter]:
    """Meters in use whose calibration is over or ends within 90 days, the first to end first."""
    return page(await actions.ending(unit, by.holder, limit), limit, lambda one: one.ref)


async def list_claims(unit: Unit, by: Visitor, *, limit: Limit = 50) -> Page[Claim]:
    """Keys that stations sent for meters that nobody has registered; nothing is verified against them."""
    return page(await actions.claims(unit, by.holder, limit), limit, lambda one: one.serial)


async def list_held(
    unit: Unit, by: Visitor, *, location_id: str | None = None, limit: Limit = 50, cursor: str | None = None
) -> Page[Proof]:
    """Charges that nobody is billed for until somebody decides, newest first; with `location_id`, those at that place.

    Because of what their meter signed, or because no charge can have been so.
    """
    found = await actions.held(unit, by.holder, location_id=location_id, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_proof(unit: Unit, ref: str) -> Proof:
    """The signed records of a charge and what they came to."""
    return await actions.proof(unit, ref)


async def accept_proof(unit: Unit, by: Visitor, ref: str, body: Decision) -> Proof:
    """Bill the charge as it was metered."""
    return await actions.accept(unit, ref, by=by.name, why=body.why.strip())


async def reject_proof(unit: Unit, by: Visitor, ref: str, body: Decision) -> Proof:
    """Do not bill it."""
    return await actions.reject(unit, ref, by=by.name, why=body.why.strip())


def _said(body: Described) -> dict[str, object]:
    return {name: getattr(body, name) for name in Described.__struct_fields__}


ROUTES = (
    Route(method="GET", path="/meters", does=list_meters),
    Route(method="POST", path="/meters", does=register_meter, needs=Role.OPERATOR, status=201),
    Route(method="POST", path="/meters/exchanges", does=exchange_meter, needs=Role.OPERATOR, status=201),
    Route(method="PUT", path="/meters/trust", does=trust_first_use, needs=Role.OPERATOR),
    Route(method="GET", path="/meters/ending", does=list_ending),
    Route(method="GET", path="/meters/claims", does=list_claims),
    Route(method="GET", path="/meters/{ref}", does=fetch_meter),
    Route(method="PUT", path="/meters/{ref}", does=amend_meter, needs=Role.OPERATOR),
    Route(method="POST", path="/meters/{ref}/confirm", does=confirm_meter, needs=Role.OPERATOR),
    Route(method="GET", path="/signed-records", does=list_held),
    Route(method="GET", path="/signed-records/{ref}", does=fetch_proof),
    Route(method="POST", path="/signed-records/{ref}/accept", does=accept_proof, needs=Role.OPERATOR),
    Route(method="POST", path="/signed-records/{ref}/reject", does=reject_proof, needs=Role.OPERATOR),
)
