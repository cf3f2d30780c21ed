"""Fleets as they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from laddnav.db import turns
from laddnav.db.unit import Record, Unit
from laddnav.fleets.model import Alert, Content, Departure, Fleet, Spending, Spent, Swap, Vehicle
from laddnav.fleets.signs import key_of
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId, fold

INSERT_FLEET = """
insert into fleet (holder, ref, name_key, body, last_updated) values ($1, $2, $3, $4, $5) on conflict do nothing
"""
UPDATE_FLEET = "update fleet set name_key = $3, body = $4, last_updated = $5 where holder = $1 and ref = $2"
FLEET = "select body from fleet where ref = $1"
LOCK_FLEET = f"{FLEET} for update"
NAMED = "select body from fleet where holder = $1 and name_key = $2"
FLEETS = """
select body from fleet where ($1::text is null or holder = $1) and ($2::text is null or ref > $2) order by ref limit $3
"""

PUT_VEHICLE = """
insert into fleet_vehicle (holder, ref, fleet, id_key, body, last_updated) values ($1, $2, $3, $4, $5, $6)
on conflict (holder, ref) do update set id_key = excluded.id_key, body = excluded.body,
  last_updated = excluded.last_updated
"""
REMOVE_VEHICLE = "update fleet_vehicle set removed_at = $3 where holder = $1 and ref = $2"
VEHICLES = "select body from fleet_vehicle where holder = $1 and fleet = $2 and removed_at is null order by id_key"
EVERY_VEHICLE = "select ref, body from fleet_vehicle where holder = $1 and fleet = $2"
VEHICLE = "select body from fleet_vehicle where holder = $1 and ref = $2 and removed_at is null"
PUT_CONTENT = "update fleet_vehicle set content = $3 where holder = $1 and ref = $2"
CONTENTS = "select ref, content from fleet_vehicle where holder = $1 and fleet = $2 and content is not null"
CONTENT = "select content from fleet_vehicle where holder = $1 and ref = $2 for update"

FORGET_SIGNS = "delete from fleet_sign where holder = $1 and vehicle = $2"
PUT_SIGN = "insert into fleet_sign (holder, kind, value_key, vehicle) values ($1, $2, $3, $4)"
SHOWN = """
select vehicle.body from unnest($2::text[], $3::text[]) with ordinality as shown(kind, value_key, place)
join fleet_sign sign using (kind, value_key)
join fleet_vehicle vehicle on vehicle.holder = sign.holder and vehicle.ref = sign.vehicle
where sign.holder = $1 and vehicle.removed_at is null order by shown.place limit 1
"""

TAKEN = """
select sign.kind, sign.value_key, vehicle.body from unnest($2::text[], $3::text[]) as asked(kind, value_key)
join fleet_sign sign using (kind, value_key)
join fleet_vehicle vehicle on vehicle.holder = sign.holder and vehicle.ref = sign.vehicle where sign.holder = $1
"""

PUT_DEPARTURE = """
insert into fleet_departure (holder, ref, fleet, id_key, vehicle, body, last_updated)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, ref) do update set id_key = excluded.id_key, vehicle = excluded.vehicle, body = excluded.body,
  last_updated = excluded.last_updated
"""
DEPARTURES = "select body from fleet_departure where holder = $1 and fleet = $2 order by id_key"
REMOVE_DEPARTURE = "delete from fleet_departure where holder = $1 and ref = $2"
REMOVE_DEPARTURES_OF = "delete from fleet_departure where holder = $1 and vehicle = $2"

PUT_SWAP = """
insert into fleet_swap (holder, departure, on_day, fleet, body) values ($1, $2, $3, $4, $5)
on conflict (holder, departure, on_day) do update set body = excluded.body
"""
REMOVE_SWAP = "delete from fleet_swap where holder = $1 and departure = $2 and on_day = $3"
SWAPS = "select body from fleet_swap where holder = $1 and fleet = $2 and on_day >= $3"

PUT_CHARGE = """
insert into fleet_charge (holder, owner, session_key, fleet, vehicle, started_at) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
"""
END_CHARGE = """
update fleet_charge set ended_at = $4 where holder = $1 and owner = $2 and session_key = $3 returning vehicle, fleet
"""
CHARGE = "select fleet, vehicle from fleet_charge where holder = $1 and owner = $2 and session_key = $3"
UNDER_WAY = """
select vehicle, owner, session_key from fleet_charge where holder = $1 and fleet = $2 and ended_at is null
order by started_at
"""
CHARGED = """
select owner, session_key from fleet_charge where holder = $1 and vehicle = $2 order by started_at desc limit $3
"""
CHARGES_OF = """
select session_key from fleet_charge
where holder = $1 and owner = $1 and vehicle = any($2) and started_at >= $3 order by session_key
"""

INSERT_ALERT = """
insert into fleet_alert (holder, ref, fleet, departure, on_day, cause, over_at, body)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning true
"""
END_ALERT = "update fleet_alert set over_at = $3, body = $4 where holder = $1 and ref = $2"
OPEN_ALERTS = "select body from fleet_alert where holder = $1 and fleet = $2 and over_at is null order by ref"
MISSED = """
select body from fleet_alert
where holder = $1 and fleet = $2 and over_at >= $3 and body::jsonb ? 'missed_at' order by ref
"""
ALERTS = """
select body from fleet_alert where holder = $1 and fleet = $2 and ($3::text is null or ref < $3)
order by ref desc limit $4
"""
AT_RISK = """
select body from fleet_alert where over_at is null and ($1::text is null or holder = $1) order by ref desc limit $2
"""

PUT_SPENT = """
insert into fleet_spent (holder, owner, cdr_key, fleet, vehicle, on_day, cost_centre, charges, energy_wh, currency,
  cost)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing returning true
"""
SPENT = "select fleet, vehicle, on_day, cost_centre from fleet_spent where holder = $1 and owner = $2 and cdr_key = $3"
SUMS = """
select cost_centre, vehicle, currency, sum(charges) as charges, sum(energy_wh) as energy_wh, sum(cost) as cost,
  coalesce(sum(energy_wh) filter (where owner <> holder), 0) as roamed_wh
from fleet_spent where holder = $1 and fleet = $2 and on_day >= $3 and on_day < $4
group by cost_centre, vehicle, currency order by cost_centre nulls last, vehicle, currency
"""


# Fleets ---------------------------------------------------------------------------------------------------------------


async def insert(unit: Unit, one: Fleet) -> bool:
    """Whether its name was free."""
    return bool(await unit.execute(INSERT_FLEET, *_row(one)))


def update(unit: Unit, one: Fleet) -> None:
    unit.write(UPDATE_FLEET, *_row(one))


def _row(one: Fleet) -> tuple[object, ...]:
    return str(one.holder), one.ref, fold(one.name), json.encode(one).decode(), one.last_updated


async def find(unit: Unit, ref: str, *, lock: bool = False) -> Fleet | None:
    row = await unit.fetch_one(LOCK_FLEET if lock else FLEET, ref)
    return None if row is None else json.decode(row["body"], Fleet)


async def named(unit: Unit, holder: PartyId, name: str) -> Fleet | None:
    row = await unit.fetch_one(NAMED, str(holder), fold(name))
    return None if row is None else json.decode(row["body"], Fleet)


async def page(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Fleet]:
    return [json.decode(row["body"], Fleet) for row in await unit.fetch(FLEETS, holder and str(holder), after, limit)]


# Vehicles -------------------------------------------------------------------------------------------------------------


def put_vehicles(unit: Unit, some: Sequence[Vehicle]) -> None:
    """With what each is recognised by; that nobody else is, was looked before."""
    for one in some:
        body = json.encode(one).decode()
        unit.write(PUT_VEHICLE, str(one.holder), one.ref, one.fleet, fold(one.id), body, one.last_updated)
    for one in some:
        unit.write(FORGET_SIGNS, str(one.holder), one.ref)
    for one in some:
        for key in dict.fromkeys(key_of(sign) for sign in one.signs):
            unit.write(PUT_SIGN, str(one.holder), *key, one.ref)


def remove_vehicle(unit: Unit, one: Vehicle, now: datetime) -> None:
    """It leaves no more; what it charged stays told."""
    unit.write(REMOVE_VEHICLE, str(one.holder), one.ref, now)
    unit.write(FORGET_SIGNS, str(one.holder), one.ref)
    unit.write(REMOVE_DEPARTURES_OF, str(one.holder), one.ref)


async def vehicles(unit: Unit, fleet: Fleet) -> list[Vehicle]:
    rows = await unit.fetch(VEHICLES, str(fleet.holder), fleet.ref)
    return [json.decode(row["body"], Vehicle) for row in rows]


async def every_vehicle(unit: Unit, fleet: Fleet) -> dict[str, Vehicle]:
    """By ref; those too that are removed."""
    rows = await unit.fetch(EVERY_VEHICLE, str(fleet.holder), fleet.ref)
    return {row["ref"]: json.decode(row["body"], Vehicle) for row in rows}


async def vehicle(unit: Unit, holder: PartyId, ref: str) -> Vehicle | None:
    return _vehicle(await unit.fetch_one(VEHICLE, str(holder), ref))


async def shown(unit: Unit, holder: PartyId, keys: Sequence[tuple[str, str]]) -> Vehicle | None:
    """The one that is recognised by the first of these that is anybody's."""
    if not keys:
        return None
    kinds, values = zip(*keys, strict=True)
    return _vehicle(await unit.fetch_one(SHOWN, str(holder), list(kinds), list(values)))


async def taken(unit: Unit, holder: PartyId, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Vehicle]:
    """Whose each of these is; nobody else of this holder looks, to give one away, before the Unit ends."""
    await turns.taken(unit, f"signs of vehicles {holder}")
    asked = [*keys]
    kinds, values = [kind for kind, _ in asked], [value for _, value in asked]
    rows = await unit.fetch(TAKEN, str(holder), kinds, values)
    return {(row["kind"], row["value_key"]): json.decode(row["body"], Vehicle) for row in rows}


def put_content(unit: Unit, one: Vehicle, content: Content) -> None:
    unit.write(PUT_CONTENT, str(one.holder), one.ref, json.encode(content).decode())


async def contents(unit: Unit, fleet: Fleet) -> dict[str, Content]:
    rows = await unit.fetch(CONTENTS, str(fleet.holder), fleet.ref)
    return {row["ref"]: json.decode(row["content"], Content) for row in rows}


async def content(unit: Unit, one: Vehicle) -> Content | None:
    """Nobody else changes it before the Unit ends."""
    row = await unit.fetch_one(CONTENT, str(one.holder), one.ref)
    return None if row is None or row["content"] is None else json.decode(row["content"], Content)


def _vehicle(row: Record | None) -> Vehicle | None:
    return None if row is None else json.decode(row["body"], Vehicle)


# Departures -----------------------------------------------------------------------------------------------------------


def put_departure(unit: Unit, one: Departure) -> None:
    body = json.encode(one).decode()
    unit.write(PUT_DEPARTURE, str(one.holder), one.ref, one.fleet, fold(one.id), one.vehicle, body, one.last_updated)


async def departures(unit: Unit, fleet: Fleet) -> list[Departure]:
    rows = await unit.fetch(DEPARTURES, str(fleet.holder), fleet.ref)
    return [json.decode(row["body"], Departure) for row in rows]


def remove_departure(unit: Unit, one: Departure) -> None:
    unit.write(REMOVE_DEPARTURE, str(one.holder), one.ref)


def put_swap(unit: Unit, fleet: Fleet, one: Swap) -> None:
    unit.write(PUT_SWAP, str(fleet.holder), one.departure, one.on, fleet.ref, json.encode(one).decode())


def remove_swap(unit: Unit, fleet: Fleet, departure: str, on: date) -> None:
    unit.write(REMOVE_SWAP, str(fleet.holder), departure, on)


async def swaps(unit: Unit, fleet: Fleet, since: date) -> list[Swap]:
    rows = await unit.fetch(SWAPS, str(fleet.holder), fleet.ref, since)
    return [json.decode(row["body"], Swap) for row in rows]


# Charges --------------------------------------------------------------------------------------------------------------


async def put_charge(unit: Unit, one: Vehicle, owner: PartyId, session_id: str, started_at: datetime) -> bool:
    """Whether it was not known yet."""
    return bool(
        await unit.execute(PUT_CHARGE, str(one.holder), str(owner), fold(session_id), one.fleet, one.ref, started_at)
    )


async def end_charge(
    unit: Unit, holder: PartyId, owner: str, session_id: str, ended_at: datetime
) -> tuple[str, str] | None:
    """(vehicle, fleet) whose charge it was; None: of no vehicle here."""
    row = await unit.fetch_one(END_CHARGE, str(holder), owner, fold(session_id), ended_at)
    return None if row is None else (row["vehicle"], row["fleet"])


async def charge_of(unit: Unit, holder: PartyId, owner: str, session_id: str) -> tuple[str, str] | None:
    """(vehicle, fleet)."""
    row = await unit.fetch_one(CHARGE, str(holder), owner, fold(session_id))
    return None if row is None else (row["vehicle"], row["fleet"])


async def under_way(unit: Unit, fleet: Fleet) -> dict[str, tuple[PartyId, str]]:
    """(owner, session id) by vehicle; of several, the one that began last."""
    rows = await unit.fetch(UNDER_WAY, str(fleet.holder), fleet.ref)
    return {row["vehicle"]: (PartyId.parse(row["owner"]), row["session_key"]) for row in rows}


async def charged(unit: Unit, one: Vehicle, limit: int) -> list[tuple[PartyId, str]]:
    """(owner, session id), the newest first."""
    rows = await unit.fetch(CHARGED, str(one.holder), one.ref, limit)
    return [(PartyId.parse(row["owner"]), row["session_key"]) for row in rows]


async def charges_of(unit: Unit, fleet: Fleet, vehicles: Sequence[str], since: datetime) -> list[str]:
    """The folded ids of those that these began here since then."""
    rows = await unit.fetch(CHARGES_OF, str(fleet.holder), list(vehicles), since)
    return [row["session_key"] for row in rows]


# Alerts ---------------------------------------------------------------------------------------------------------------


async def insert_alert(unit: Unit, one: Alert) -> bool:
    """Whether it is the first that is open of its cause."""
    body = json.encode(one).decode()
    row = (str(one.holder), one.ref, one.fleet, one.departure, one.on, one.cause.value, None, body)
    return bool(await unit.value(INSERT_ALERT, *row))


def end_alert(unit: Unit, one: Alert) -> None:
    unit.write(END_ALERT, str(one.holder), one.ref, one.cured_at or one.missed_at, json.encode(one).decode())


async def open_alerts(unit: Unit, fleet: Fleet) -> list[Alert]:
    return _alerts(await unit.fetch(OPEN_ALERTS, str(fleet.holder), fleet.ref))


async def missed(unit: Unit, fleet: Fleet, since: datetime) -> list[Alert]:
    return _alerts(await unit.fetch(MISSED, str(fleet.holder), fleet.ref, since))


async def alerts(unit: Unit, fleet: Fleet, before: str | None, limit: int) -> list[Alert]:
    return _alerts(await unit.fetch(ALERTS, str(fleet.holder), fleet.ref, before, limit))


async def at_risk(unit: Unit, holder: PartyId | None, limit: int) -> list[Alert]:
    return _alerts(await unit.fetch(AT_RISK, holder and str(holder), limit))


def _alerts(rows: Sequence[Record]) -> list[Alert]:
    return [json.decode(row["body"], Alert) for row in rows]


# What was spent -------------------------------------------------------------------------------------------------------


async def put_spent(unit: Unit, one: Spent, charges: int) -> bool:
    """Whether this CDR was not counted yet."""
    return bool(
        await unit.value(
            PUT_SPENT,
            str(one.holder),
            str(one.owner),
            fold(one.cdr),
            one.fleet,
            one.vehicle,
            one.on,
            one.cost_centre,
            charges,
            one.energy.wh,
            one.currency,
            one.cost,
        )
    )


async def spent(unit: Unit, holder: PartyId, owner: PartyId, cdr_id: str) -> Record | None:
    """Whose a CDR was counted as."""
    return await unit.fetch_one(SPENT, str(holder), str(owner), fold(cdr_id))


async def sums(unit: Unit, fleet: Fleet, since: date, until: date) -> list[Spending]:
    rows = await unit.fetch(SUMS, str(fleet.holder), fleet.ref, since, until)
    return [
        Spending(
            cost_centre=row["cost_centre"],
            vehicle=row["vehicle"],
            charges=row["charges"],
            energy=Energy(row["energy_wh"]),
            roamed=Energy(row["roamed_wh"]),
            currency=row["currency"],
            cost=row["cost"],
        )
        for row in rows
    ]
