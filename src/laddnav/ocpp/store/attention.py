"""What is known of each Evse, and what each Station noticed, for whoever looks after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, made_at
from laddnav.kit.notes import as_read
from laddnav.locations.model import Status
from laddnav.ocpp.ills import QUIET, Alert, Attention, EvseSeen, Held, Noticed, Out
from laddnav.sites.model.now import TakenOut

_DAY = timedelta(days=1)  # a clock that was wrong before that may have been set since by anybody

# Only where something may be wrong: what charges as it should is most of a network, and is left out at once.
SEEN = """
select a.holder, a.location_id, a.station_id, a.evse_no, a.evse_uid, e.status, e.status_at,
  case when s.connected_to is null then s.last_seen_at end as heard_at,
  s.last_seen_at as said_at, s.heartbeat_interval * interval '1 second' as beats_every, c.clock_off_at,
  s.refused_at, s.refused_why, s.refused_note,
  (select min(t.started_at) from ocpp_transaction t
   where t.holder = a.holder and t.station_id = a.station_id and t.evse_no = a.evse_no
     and not t.stopped and not exists (
       select from session x where x.holder = t.holder and x.owner = t.holder and x.id_key = lower(t.session_id)
         and x.status in ('SETTLING', 'COMPLETED'))) as charging_since,
  coalesce(w.drivers, 0) as drivers, coalesce(w.money, 0) as money, w.currency
from station_evse a
join station s on s.id = a.station_id
join evse e on e.holder = a.holder and e.owner = a.holder and e.location_key = lower(a.location_id)
  and e.uid_key = lower(a.evse_uid)
left join lateral (
  select count(distinct x.token_uid_key) as drivers, sum(x.cost_excl) as money, min(x.currency) as currency
  from session x where x.holder = a.holder and x.station_id = a.station_id and x.evse_no = a.evse_no
    and x.started_at >= $2) w on true
left join (
  select d.holder, d.station_id, x.evse_no, max(d.raised_at) as clock_off_at
  from doubt d join session x on x.holder = d.holder and x.owner = d.holder and x.id_key = lower(d.session_id)
  where d.kind = 'CLOCK_OFF' and d.settled_at is null and d.raised_at >= $3 and not exists (
    select from ocpp_cure k where k.holder = d.holder and k.station_id = d.station_id and k.cure in ('BEAT', 'RESET')
      and k.state in ('TAKEN', 'CURED') and k.at >= d.raised_at)
  group by d.holder, d.station_id, x.evse_no) c
  on c.holder = a.holder and c.station_id = a.station_id and c.evse_no = a.evse_no
where ($1::text is null or a.holder = $1) and s.last_seen_at is not null
  and (s.connected_to is null or s.last_seen_at < $4 or c.clock_off_at is not null
    or e.status in ('OUTOFORDER', 'BLOCKED', 'AVAILABLE'))
"""


NOTICED = """
select n.*, s.location_id, w.drivers, coalesce(w.money, 0) as money, w.currency
from (
  select holder, station_id, array_agg(distinct kind) as kinds, min(at) as since, max(id) as last_id
  from ocpp_security_event where critical and seen_at is null and ($1::text is null or holder = $1)
  group by holder, station_id) n
join station s on s.id = n.station_id
left join lateral (
  select count(distinct x.token_uid_key) as drivers, sum(x.cost_excl) as money, min(x.currency) as currency
  from session x where x.holder = n.holder and x.station_id = n.station_id and x.started_at >= $2) w on true
"""


# In 2.0.1 it is the monitor that knows how severe its alerts are.
ALERTS = """
select n.*, s.location_id, w.drivers, coalesce(w.money, 0) as money, w.currency
from (
  select a.holder, a.station_id, array_agg((a.document::jsonb)->>'alert' order by a.key) as alerts,
    min(coalesce((a.document::jsonb)->>'severity', (m.document::jsonb)->>'severity')::integer) as severity,
    min(a.told_at) as since
  from ocpp_told a left join ocpp_told m on m.holder = a.holder and m.station_id = a.station_id
    and m.topic = a.topic and m.key = split_part(a.key, '/', 1)
  where a.topic = 'MONITOR' and position('/' in a.key) > 0 and ($1::text is null or a.holder = $1)
  group by a.holder, a.station_id) n
join station s on s.id = n.station_id
left join lateral (
  select count(distinct x.token_uid_key) as drivers, sum(x.cost_excl) as money, min(x.currency) as currency
  from session x where x.holder = n.holder and x.station_id = n.station_id and x.started_at >= $2) w on true
"""


MISSED = """
select a.location_id, a.evse_uid, w.drivers, coalesce(w.money, 0) as money, w.currency
from (values ($1::text, $2::text, $3::integer)) k (holder, station_id, evse_no)
left join station_evse a on a.holder = k.holder and a.station_id = k.station_id and a.evse_no = k.evse_no
left join lateral (
  select count(distinct x.token_uid_key) as drivers, sum(x.cost_excl) as money, min(x.currency) as currency
  from session x where x.holder = k.holder and x.station_id = k.station_id and x.evse_no = k.evse_no
    and x.started_at >= $4) w on true
"""

# Whoever charges now here and now there is one driver of the place.
DRIVERS = """
select k.place, count(distinct w.token_uid_key) as drivers
from unnest($1::integer[], $2::text[], $3::text[], $4::integer[]) k (place, holder, station_id, evse_no)
join lateral (
  select x.token_uid_key from session x where x.holder = k.holder and x.station_id = k.station_id
    and x.evse_no = k.evse_no and x.started_at >= $5
  union all
  select x.token_uid_key from session x where k.evse_no is null and x.holder = k.holder and x.station_id = k.station_id
    and x.started_at >= $5) w on true
group by k.place
"""

# Both read what waits, by indexes of nothing else (meter_proof_held, cdr_review_waiting), and not what was decided.
# What waits in two currencies is two rows.
HELD_CHARGES = """
select p.holder, min(s.location_id) as location_id, count(*) as many, min(p.ref) as first,
  count(distinct s.token_uid_key) as drivers, coalesce(sum(s.cost_excl), 0) as money, s.currency
from meter_proof p
join session s on s.holder = p.holder and s.owner = p.holder and s.id_key = lower(p.session_id)
where p.standing = 'HELD' and ($1::text is null or p.holder = $1)
group by p.holder, lower(s.location_id), s.currency
"""
# A credit that is held is money that waits as well.
HELD_CDRS = """
select r.holder, r.owner, count(*) as many, min(r.disputed_at) as since,
  count(distinct c.token_uid_key) as drivers, sum(abs(c.total_excl)) as money, c.currency
from cdr_review r join cdr c on c.holder = r.holder and c.owner = r.owner and c.id_key = r.id_key
where r.standing = 'DISPUTED' and ($1::text is null or r.holder = $1)
group by r.holder, r.owner, c.currency
"""


async def seen(unit: Unit, holder: PartyId | None, since: datetime) -> list[EvseSeen]:
    """With who charged there since then."""
    return [
        EvseSeen(
            **dict(row)
            | {
                "holder": PartyId.parse(row["holder"]),
                "status": Status(row["status"]),
                "refused_note": as_read(row["refused_note"]),
            }
        )
        for row in await unit.fetch(SEEN, holder and str(holder), since, unit.now - _DAY, unit.now - QUIET)
    ]


async def noticed(unit: Unit, holder: PartyId | None, since: datetime) -> list[Noticed]:
    """With who charged there since then."""
    return [
        Noticed(**dict(row) | {"holder": PartyId.parse(row["holder"]), "kinds": tuple(row["kinds"])})
        for row in await unit.fetch(NOTICED, holder and str(holder), since)
    ]


async def alerts(unit: Unit, holder: PartyId | None, since: datetime) -> list[Alert]:
    """With who charged there since then."""
    return [
        Alert(**dict(row) | {"holder": PartyId.parse(row["holder"]), "alerts": tuple(row["alerts"])})
        for row in await unit.fetch(ALERTS, holder and str(holder), since)
    ]


async def outs(unit: Unit, some: Iterable[TakenOut], since: datetime) -> list[Out]:
    """With who charged there since then; there are few of them."""
    return [
        Out(
            holder=one.holder,
            station_id=one.station_id,
            evse_no=one.evse_no,
            site_ref=one.site_ref,
            why=one.why,
            since=one.since_at,
            **dict(row),
        )
        for one in some
        if (row := await unit.fetch_one(MISSED, str(one.holder), one.station_id, one.evse_no, since)) is not None
    ]


async def held(unit: Unit, holder: PartyId | None) -> list[Held]:
    """What waits for a person: charges by their place, and CDRs by their partner."""
    charges = [dict(row) for row in await unit.fetch(HELD_CHARGES, holder and str(holder))]
    cdrs = [dict(row) for row in await unit.fetch(HELD_CDRS, holder and str(holder))]
    return [
        *(Held(since=made_at(row.pop("first")), **row | {"holder": PartyId.parse(row["holder"])}) for row in charges),
        *(Held(**row | {"holder": PartyId.parse(row["holder"]), "owner": PartyId.parse(row["owner"])}) for row in cdrs),
    ]


async def drivers(unit: Unit, crowds: Sequence[Sequence[Attention]], since: datetime) -> list[int]:
    """How many charged at any of each crowd since then, everybody counted once, in the order of `crowds`."""
    asked = [
        (place, str(one.holder), one.station_id, one.evse_no) for place, crowd in enumerate(crowds) for one in crowd
    ]
    columns = [list(column) for column in zip(*asked, strict=True)]
    rows = await unit.fetch(DRIVERS, *columns, since) if asked else []
    counted = {row["place"]: row["drivers"] for row in rows}
    return [counted.get(place, 0) for place in range(len(crowds))]
