"""How hosts, agreements, shares and the statements of a month are kept."""

from __future__ import annotations

from decimal import Decimal

from laddnav.cdrs.model import Cdr
from laddnav.db import turns
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.settlement.sharing import Agreement, Granted, Host, Kept, Part, Statement

PUT_HOST = """
insert into host (holder, id, ref, body) values ($1, $2, $3, $4)
on conflict (holder, id) do update set body = excluded.body
"""
HOST = "select body from host where holder = $1 and id = $2"
LOCK_HOST = HOST + " for update"
HOST_BY_REF = "select body from host where ref = $1"
HOSTS = """
select body from host where ($1::text is null or holder = $1) and ($2::text is null or ref > $2) order by ref limit $3
"""
PUT_AGREEMENT = """
insert into share_agreement (holder, ref, host, since, until, body) values ($1, $2, $3, $4, $5, $6)
on conflict (holder, ref) do update set since = excluded.since, until = excluded.until, body = excluded.body
"""
AGREEMENT_BY_REF = "select body from share_agreement where ref = $1"
AGREEMENTS = """
select body from share_agreement where holder = $1 and ($2::text is null or host = $2) order by since, ref
"""
HOLDERS = "select distinct holder, host from share_agreement order by holder, host"

INSERT_SHARE = """
insert into share (holder, cdr_owner, id_key, agreement, host, cdr_id, cdr_ref, place, evse_id, ended_at, month,
  currency, kwh, revenue, energy_cost, amount, capped)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict do nothing
"""
_SHARE = """cdr_id, cdr_ref, agreement, place, evse_id, ended_at, month, currency, kwh, revenue, energy_cost, amount,
  capped"""
OF_CDR = """
select agreement, host, revenue - energy_cost as of, energy_cost, amount, capped from share
where holder = $1 and cdr_owner = $2 and id_key = $3 order by agreement
"""
SHARES = f"""
select {_SHARE} from share
where holder = $1 and host = $2 and ($3::text is null or statement = $3) and ($4::text is null or cdr_ref > $4)
order by cdr_ref limit $5
"""
NEWEST = f"select {_SHARE} from share where holder = $1 and host = $2 order by cdr_ref desc limit $3"
# Marked first and summed up by the mark, so that both are the same shares whatever is reckoned meanwhile. What came
# late is on the next statement.
MARK = """
update share set statement = $5 where holder = $1 and host = $2 and month <= $3 and currency = $4 and statement is null
"""
MARKED = """
select agreement, month, count(*) as many, sum(kwh) as kwh, sum(revenue) as revenue, sum(amount) as amount
from share where holder = $1 and statement = $2 group by agreement, month
"""
GRANTED = """
select g.agreement, g.month, sum(g.shares) as shares, sum(g.fixed) as fixed, sum(g.guarantee) as guarantee
from share_granted g join share_agreement a on a.holder = g.holder and a.ref = g.agreement
where g.holder = $1 and a.host = $2 group by g.agreement, g.month
"""
GRANT = """
insert into share_granted (holder, agreement, month, statement, shares, fixed, guarantee)
values ($1, $2, $3, $4, $5, $6, $7)
"""
CURRENCIES = """
select distinct currency from share where holder = $1 and host = $2 and month <= $3 and statement is null
"""
INSERT_STATEMENT = """
insert into host_statement (holder, ref, host, month, currency, body) values ($1, $2, $3, $4, $5, $6)
"""
STATEMENTS = "select body from host_statement where holder = $1 and host = $2 order by month desc, currency limit $3"
STATEMENT = "select body from host_statement where ref = $1"
STATED = "select month, currency from host_statement where holder = $1 and host = $2"


async def hold(unit: Unit, holder: PartyId, host: str) -> None:
    """One at a time for each host: a share is on one statement."""
    await turns.taken(unit, f"host {holder} {host}")


async def agree_alone(unit: Unit, holder: PartyId) -> None:
    """One at a time for each party: what hosts get together is no more than there is."""
    await turns.taken(unit, f"agreements {holder}")


# ---- Hosts and agreements


def put_host(unit: Unit, one: Host) -> None:
    unit.write(PUT_HOST, str(one.holder), one.id, one.ref, json.encode(one).decode())


async def host(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> Host | None:
    """With `lock` it is to be written, also where there is none yet."""
    key = str(holder), id
    row = await (turns.to_write(unit, LOCK_HOST, *key) if lock else unit.fetch_one(HOST, *key))
    return None if row is None else json.decode(row["body"], Host)


async def host_by_ref(unit: Unit, ref: str) -> Host | None:
    row = await unit.fetch_one(HOST_BY_REF, ref)
    return None if row is None else json.decode(row["body"], Host)


async def hosts(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Host]:
    return [json.decode(row["body"], Host) for row in await unit.fetch(HOSTS, holder and str(holder), after, limit)]


def put_agreement(unit: Unit, one: Agreement) -> None:
    unit.write(PUT_AGREEMENT, str(one.holder), one.ref, one.host, one.since, one.until, json.encode(one).decode())


async def agreement_by_ref(unit: Unit, ref: str) -> Agreement | None:
    row = await unit.fetch_one(AGREEMENT_BY_REF, ref)
    return None if row is None else json.decode(row["body"], Agreement)


async def agreements(unit: Unit, holder: PartyId, host: str | None = None) -> list[Agreement]:
    return [json.decode(row["body"], Agreement) for row in await unit.fetch(AGREEMENTS, str(holder), host)]


async def with_agreements(unit: Unit) -> list[tuple[PartyId, str]]:
    return [(PartyId.parse(row["holder"]), row["host"]) for row in await unit.fetch(HOLDERS)]


# ---- Shares


async def insert_share(unit: Unit, cdr: Cdr, month: str, revenue: Decimal, part: Part) -> bool:
    """False where it is kept already."""
    energy = -cdr.energy.kwh if cdr.credit else cdr.energy.kwh
    return bool(
        await unit.execute(
            INSERT_SHARE,
            str(cdr.holder),
            str(cdr.owner),
            fold(cdr.id),
            part.agreement,
            part.host,
            cdr.id,
            cdr.ref,
            cdr.location.name or cdr.location.address,
            cdr.location.evse_id,
            cdr.ended_at,
            month,
            cdr.currency,
            energy,
            revenue,
            part.energy_cost,
            part.amount,
            part.capped,
        )
    )


async def of_cdr(unit: Unit, holder: PartyId, owner: PartyId, cdr_id: str) -> list[Part]:
    return [Part(**row) for row in await unit.fetch(OF_CDR, str(holder), str(owner), fold(cdr_id))]


async def shares(
    unit: Unit, holder: PartyId, host: str, *, statement: str | None, after: str | None, limit: int
) -> list[Kept]:
    rows = await unit.fetch(SHARES, str(holder), host, statement, after, limit)
    return [Kept(**row) for row in rows]


async def newest(unit: Unit, holder: PartyId, host: str, limit: int) -> list[Kept]:
    return [Kept(**row) for row in await unit.fetch(NEWEST, str(holder), host, limit)]


# ---- A month


async def mark(
    unit: Unit, holder: PartyId, host: str, month: str, currency: str, statement: str
) -> dict[tuple[str, str], Record]:
    """(agreement, month) → the sums of its shares, which are on this statement from now on and on no other."""
    await unit.execute(MARK, str(holder), host, month, currency, statement)
    return {(row["agreement"], row["month"]): row for row in await unit.fetch(MARKED, str(holder), statement)}


async def granted(unit: Unit, holder: PartyId, host: str) -> dict[str, dict[str, Granted]]:
    """agreement → month → what statements said of it so far."""
    found: dict[str, dict[str, Granted]] = {}
    for row in await unit.fetch(GRANTED, str(holder), host):
        known = Granted(shares=row["shares"], fixed=row["fixed"], guarantee=row["guarantee"])
        found.setdefault(row["agreement"], {})[row["month"]] = known
    return found


async def currencies(unit: Unit, holder: PartyId, host: str, month: str) -> set[str]:
    return {row["currency"] for row in await unit.fetch(CURRENCIES, str(holder), host, month)}


async def stated(unit: Unit, holder: PartyId, host: str) -> set[tuple[str, str]]:
    """(month, currency)."""
    return {(row["month"], row["currency"]) for row in await unit.fetch(STATED, str(holder), host)}


def state(unit: Unit, one: Statement) -> None:
    unit.write(
        INSERT_STATEMENT,
        str(one.holder),
        one.ref,
        one.host,
        one.month,
        one.currency,
        json.encode(one).decode(),
    )
    for line in one.lines:
        unit.write(GRANT, str(one.holder), line.agreement, line.month, one.ref, line.shares, line.fixed, line.guarantee)


async def statements(unit: Unit, holder: PartyId, host: str, limit: int) -> list[Statement]:
    return [json.decode(row["body"], Statement) for row in await unit.fetch(STATEMENTS, str(holder), host, limit)]


async def statement(unit: Unit, ref: str) -> Statement | None:
    row = await unit.fetch_one(STATEMENT, ref)
    return None if row is None else json.decode(row["body"], Statement)
