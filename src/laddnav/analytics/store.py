"""Questions over what several rooms keep."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from laddnav.analytics.model import Charges, Counted, Course, MainsCourse, Per
from laddnav.analytics.money import Banked, Hold, Overdue, Taking
from laddnav.db.unit import Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Total
from laddnav.locations.model import Status
from laddnav.payments.payment import ProviderKind, Purpose

# A charge of ours that reaches into this time, and is under way, or has no Cdr yet, or one that is newer than that.
# One that somebody decided not to bill, for what its meter signed, never has one.
# Whether it began at most a week before, or lasts longer or still, an index finds it; there are few of the latter.
NEEDED = """
with reaching as (
  select holder, owner, id_key, id, status from session s
  where s.owner = s.holder and s.station_id is not null and s.status <> 'INVALID'
    and s.started_at >= $1::timestamptz - interval '7 days' and s.started_at < $2 and coalesce(s.ended_at, $2) >= $1
  union all
  select holder, owner, id_key, id, status from session s
  where s.owner = s.holder and s.station_id is not null and s.status <> 'INVALID'
    and s.started_at < $1::timestamptz - interval '7 days' and coalesce(s.ended_at, $2) >= $1
    and (s.ended_at is null or s.ended_at - s.started_at > interval '7 days')
)
select exists (
  select from reaching s
  where s.status <> 'COMPLETED'
    or not exists (
      select from cdr c where c.session_key = s.id_key and c.holder = s.holder and c.owner = s.owner
        and c.last_updated < $3)
    and not exists (
      select from meter_proof p where p.holder = s.holder and p.session_id = s.id and p.standing = 'REJECTED')
) as needed
"""

# What moved at providers, by what was paid for; what takes back another entry, and what no payment made, is other.
# What was paid out has left its provider: that it is on its way to the bank moves nothing more. What came by the bank,
# and nobody has said yet whose it is, was taken by no provider.
TAKINGS = """
with moved as (
  select o.account_id, p.body::json ->> 'provider' as provider, p.body::json ->> 'purpose' as purpose, o.currency,
    o.amount, case when p.ref is null or e.reverses is not null then 'other'
      when e.key like '% captured' then 'captured' when e.key like '% refunded' then 'refunded'
      when e.key like '% charged back' then 'charged back' when e.key like '% fees' then 'fees' else 'other' end as what
  from ledger_entry e
  join ledger_posting o on o.holder = e.holder and o.entry_id = e.id and o.account_id like 'clearing:%'
    and o.account_id not like 'clearing:payouts:%' and o.account_id <> 'clearing:bank'
  left join payment p on p.holder = e.holder and e.cites = 'payment ' || p.ref
  where e.holder = $1 and e.booked_at >= $2 and e.booked_at < $3)
select account_id as account, provider, purpose, currency,
  coalesce(sum(amount) filter (where what = 'captured'), 0) as captured,
  coalesce(-sum(amount) filter (where what = 'refunded'), 0) as refunded,
  coalesce(-sum(amount) filter (where what = 'charged back'), 0) as charged_back,
  coalesce(-sum(amount) filter (where what = 'fees'), 0) as fees,
  coalesce(sum(amount) filter (where what = 'other'), 0) as other,
  count(*) filter (where what = 'captured' and amount > 0) as many
from moved group by 1, 2, 3, 4 order by 1, 3, 4
"""
BANKED = """
select o.currency, coalesce(sum(o.amount) filter (where o.amount > 0), 0) as came,
  coalesce(-sum(o.amount) filter (where o.amount < 0), 0) as went, count(*) filter (where o.amount > 0) as many
from ledger_entry e
join ledger_posting o on o.holder = e.holder and o.entry_id = e.id and split_part(o.account_id, ':', 1) = 'bank'
where e.holder = $1 and e.booked_at >= $2 and e.booked_at < $3
group by 1 order by 1
"""
UNDECIDED = """
select 'to decide' as of, currency, sum(amount) as amount, count(*) as accounts
from bank_entry where holder = $1 and state in ('PROPOSED', 'UNMATCHED') group by 2 order by 2
"""
# `payment_held` is an index of just these.
HOLDS = """
with held as (
  select body::json ->> 'provider' as provider, body::json ->> 'currency' as currency,
    (body::json ->> 'held')::numeric as amount, (body::json ->> 'made_at')::timestamptz as made_at
  from payment where holder = $1 and state = 'HELD')
select provider, currency, sum(amount) as amount, count(*) as many, min(made_at) as oldest_at,
  coalesce(sum(amount) filter (where made_at < $2), 0) as lapsing, count(*) filter (where made_at < $2) as lapsing_many
from held group by 1, 2 order by 1, 2
"""
OVERDUE = """
select d.kind, i.currency, sum(i.to_pay - i.settled) as amount, count(*) as many, min(i.due_at) as oldest_at
from invoice i join debtor d on d.holder = i.holder and d.id = i.debtor_id
where i.holder = $1 and i.settled <> i.to_pay and i.to_pay > i.settled and i.due_at < $2
group by 1, 2 order by 1, 2
"""

_OF = {
    Per.STATION: "s.station_id",
    Per.LOCATION: "s.location_id",
    Per.TARIFF: "coalesce(said.body ->> 'tariff_id', '')",
    Per.CUSTOMER: "concat_ws(' ', s.token_owner, nullif(said.body -> 'token' ->> 'contract_id', ''))",
    Per.MONTH: "''",
}
# Delivered is what the registers say that are known, first and last, across where they began anew.
# A Cdr that takes back counts against its original.
CHARGES = """
with charge as (
  select s.holder, s.id_key, s.id, s.status, {of} as of,
    to_char(s.started_at at time zone (said.body ->> 'time_zone'), 'YYYY-MM') as month,
    coalesce(
      coalesce((said.body ->> 'meter_stopped')::numeric, (said.meter -> 'register' ->> 'wh')::numeric)
        - coalesce((said.body ->> 'meter_started')::numeric, (said.meter -> 'first' ->> 'wh')::numeric)
        - coalesce((said.meter -> 'moved' ->> 'wh')::numeric, 0),
      s.energy_wh) as delivered
  from session s cross join lateral (
    select s.body::json as body,
      case when (s.moved::json ->> 'revision')::integer = s.revision then s.moved else s.body end::json -> 'meter'
        as meter) said
  where s.owner = s.holder and s.station_id is not null and s.status not in ('PENDING', 'RESERVATION')
    and ($1::text is null or s.holder = $1) and s.last_updated >= $2 and s.started_at >= $2 and s.started_at < $3
), known as (
  select charge.*, coalesce(billed.wh, 0) as billed, coalesce(billed.closed > billed.credited, false) as closed,
    coalesce(billed.credited > 0, false) as credited, coalesce(doubted.kinds, '') as doubts
  from charge
  left join lateral (
    select sum(case when credit then -energy_wh else energy_wh end) as wh, count(*) filter (where not credit) as closed,
      count(*) filter (where credit) as credited
    from cdr where session_key = charge.id_key and holder = charge.holder and owner = charge.holder) billed on true
  left join lateral (
    select string_agg(distinct kind, ' ' order by kind) as kinds
    from doubt where holder = charge.holder and session_id = charge.id and energy_wh <> 0) doubted on true
)
select holder, month, of, status, closed, credited, doubts, count(*) as many,
  trim_scale(sum(delivered)) as delivered, trim_scale(sum(billed)) as billed
from known where month between $4 and $5
group by holder, month, of, status, closed, credited, doubts, sign(delivered - billed) order by holder, month, of
"""
# What a register lost between two quarters was another meter, or a slip: only rises are energy. It was given where the
# Station stood then; what a register rose by while its Station stood elsewhere was given there. What rose while nothing
# was heard counts in the quarter of which it is heard again, also where that was silent since long before the time.
COUNTED = """
with place as (
  select s.holder, s.station_id, s.location_id, s.since_at,
    lead(s.since_at, 1, 'infinity') over (partition by s.holder, s.station_id order by s.since_at) as until_at,
    coalesce(l.body::json ->> 'time_zone', 'UTC') as zone
  from station_place s
    left join location l on l.holder = s.holder and l.owner = s.holder and l.id_key = lower(s.location_id)
  where $1::text is null or s.holder = $1
), risen as (
  select q.holder, q.station_id, q.evse_no, q.place, place.location_id,
    to_char(q.at at time zone place.zone, 'YYYY-MM') as month,
    q.last - coalesce(
      lag(q.last) over (partition by q.holder, q.station_id, q.evse_no, q.place, place.since_at order by q.at),
      (select b.last from reading_quarter b where b.holder = q.holder and b.station_id = q.station_id
          and b.evse_no = q.evse_no and b.measurand = q.measurand and b.phase = q.phase and b.place = q.place
          and b.at < q.at and b.at >= place.since_at order by b.at desc limit 1),
      q.first) as rise
  from reading_quarter q join place on place.holder = q.holder and place.station_id = q.station_id
    and place.location_id is not null and q.at >= place.since_at and q.at < place.until_at
  where q.measurand = 'Energy.Active.Import.Register' and q.phase = '' and q.at >= $2 and q.at < $3
)
select holder, month, station_id, location_id, evse_no, place, trim_scale(sum(rise)) as energy
from risen where rise > 0 and month between $4 and $5
group by holder, month, station_id, location_id, evse_no, place
"""

MAINS = """
select m.holder, l.id as location_id, coalesce(l.body::json ->> 'time_zone', 'UTC') as time_zone, m.meter,
  array_agg(m.at order by m.at) as ats, array_agg(m.register_wh order by m.at) as registers
from mains_reading m join location l on l.holder = m.holder and l.owner = m.holder and l.id_key = m.location_key
where ($1::text is null or m.holder = $1) and m.at >= $2 and m.at < $3
group by m.holder, l.id, l.body, m.meter order by m.holder, l.id, min(m.at)
"""
MAINS_EXCHANGED = """
select x.holder, l.id as location_id, x.meter, x.at, x.before_wh, x.after_wh
from mains_exchange x join location l on l.holder = x.holder and l.owner = x.holder and l.id_key = x.location_key
where ($1::text is null or x.holder = $1) and x.at >= $2 and x.at < $3 order by x.at
"""
# Of each Evse the last status before the time, and all in it; with the outages that have a reason.
COURSES = """
with course as (
  select c.holder, c.location_key, c.uid_key, array_agg(c.since_at order by c.since_at) as since,
    array_agg(c.status order by c.since_at) as statuses
  from (
    select *, lead(since_at) over (partition by holder, location_key, uid_key order by since_at) as until_at
    from evse_course where $1::text is null or holder = $1) c
  where c.since_at < $3 and (c.until_at is null or c.until_at > $2)
  group by c.holder, c.location_key, c.uid_key
)
select c.holder, coalesce(l.id, c.location_key) as location_id, coalesce(e.uid, c.uid_key) as evse_uid, c.since,
  c.statuses, coalesce(l.body::json ->> 'time_zone', 'UTC') as time_zone, excused.begins, excused.ends
from course c
left join location l on l.holder = c.holder and l.owner = c.holder and l.id_key = c.location_key
left join evse e on e.holder = c.holder and e.owner = c.holder and e.location_key = c.location_key
  and e.uid_key = c.uid_key
left join lateral (
  select array_agg(m.begin_at order by m.ref) as begins, array_agg(m.end_at order by m.ref) as ends from maintenance m
  where m.holder = c.holder and lower(m.location_id) = c.location_key and m.begin_at < $3 and m.end_at > $2
    and (m.station_id is null or exists (
      select from station_evse a where a.holder = m.holder and a.station_id = m.station_id
        and lower(a.location_id) = c.location_key and lower(a.evse_uid) = c.uid_key))) excused on true
order by c.holder, c.location_key, c.uid_key
"""


async def readings_needed(unit: Unit, since: datetime, until: datetime, closed_before: datetime) -> bool:
    return bool(await unit.value(NEEDED, since, until, closed_before))


async def charges(
    unit: Unit, holder: PartyId | None, per: Per, since: datetime, until: datetime, first: str, last: str
) -> list[Charges]:
    """Of the months `first` to `last`, which lie between the two instants wherever the Location is."""
    rows = await unit.fetch(CHARGES.format(of=_OF[per]), holder and str(holder), since, until, first, last)
    return [
        Charges(
            **dict(row)
            | {
                "holder": PartyId.parse(row["holder"]),
                "delivered": Energy(row["delivered"]),
                "billed": Energy(row["billed"]),
            }
        )
        for row in rows
    ]


async def counted(
    unit: Unit, holder: PartyId | None, since: datetime, until: datetime, first: str, last: str
) -> list[Counted]:
    """As `charges`."""
    rows = await unit.fetch(COUNTED, holder and str(holder), since, until, first, last)
    return [
        Counted(**dict(row) | {"holder": PartyId.parse(row["holder"]), "energy": Energy(row["energy"])}) for row in rows
    ]


async def mains(unit: Unit, holder: PartyId | None, since: datetime, until: datetime) -> list[MainsCourse]:
    """Of each Location its meters in the order in which they were there."""
    exchanged: dict[tuple[str, str, str], list[tuple[datetime, Decimal, Decimal]]] = {}
    for row in await unit.fetch(MAINS_EXCHANGED, holder and str(holder), since, until):
        meter = exchanged.setdefault((row["holder"], row["location_id"], row["meter"]), [])
        meter.append((row["at"], row["before_wh"], row["after_wh"]))
    return [
        MainsCourse(
            holder=PartyId.parse(row["holder"]),
            location_id=row["location_id"],
            time_zone=row["time_zone"],
            meter=row["meter"],
            shown=tuple(zip(row["ats"], row["registers"], strict=True)),
            exchanged=tuple(exchanged.get((row["holder"], row["location_id"], row["meter"]), ())),
        )
        for row in await unit.fetch(MAINS, holder and str(holder), since, until)
    ]


async def courses(unit: Unit, holder: PartyId | None, since: datetime, until: datetime) -> list[Course]:
    """Of our Evses that were known at some time between the two."""
    return [
        Course(
            holder=PartyId.parse(row["holder"]),
            location_id=row["location_id"],
            evse_uid=row["evse_uid"],
            time_zone=row["time_zone"],
            changes=tuple(zip(row["since"], map(Status, row["statuses"]), strict=True)),
            excused=tuple(zip(row["begins"] or (), row["ends"] or (), strict=True)),
        )
        for row in await unit.fetch(COURSES, holder and str(holder), since, until)
    ]


async def takings(unit: Unit, holder: PartyId, begin_at: datetime, end_at: datetime) -> tuple[Taking, ...]:
    return tuple(
        Taking(
            **{
                **row,
                "provider": row["provider"] and ProviderKind(row["provider"]),
                "purpose": row["purpose"] and Purpose(row["purpose"]),
            }
        )
        for row in await unit.fetch(TAKINGS, str(holder), begin_at, end_at)
    )


async def banked(unit: Unit, holder: PartyId, begin_at: datetime, end_at: datetime) -> tuple[Banked, ...]:
    return tuple(Banked(**row) for row in await unit.fetch(BANKED, str(holder), begin_at, end_at))


async def undecided(unit: Unit, holder: PartyId) -> tuple[Total, ...]:
    return tuple(Total(**row) for row in await unit.fetch(UNDECIDED, str(holder)))


async def holds(unit: Unit, holder: PartyId, lapsing_from: datetime) -> tuple[Hold, ...]:
    return tuple(
        Hold(**{**row, "provider": ProviderKind(row["provider"])})
        for row in await unit.fetch(HOLDS, str(holder), lapsing_from)
    )


async def overdue(unit: Unit, holder: PartyId, at: datetime) -> tuple[Overdue, ...]:
    return tuple(Overdue(**row) for row in await unit.fetch(OVERDUE, str(holder), at))
