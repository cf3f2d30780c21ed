"""What stations asked to have signed, whom they trust, and what is known of what is revoked."""

from __future__ import annotations

from datetime import datetime, timedelta

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpp.security.model import Installed, Signing
from laddnav.ocpp.wire.security import CertificateHash, CertificateState, Root, RootKind, Use

_SIGNING = """c.holder, c.id, c.station_id, c.use, c.number, c.csr, c.asked_at, c.certificate, c.serial_number,
  c.ends_at, c.taken, c.problem, c.revoked_at"""
ASK = """
insert into ocpp_certificate (holder, id, station_id, use, number, csr, asked_at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, id) do update set number = excluded.number, asked_at = excluded.asked_at, problem = null
"""
FIND = f"select {_SIGNING} from ocpp_certificate c where c.holder = $1 and c.id = $2"
OF_STATION = f"""
select {_SIGNING} from ocpp_certificate c where c.holder = $1 and c.station_id = $2 order by c.asked_at desc limit 100
"""
UNSIGNED = f"""
select {_SIGNING} from ocpp_certificate c where c.certificate is null and c.problem is null order by c.asked_at limit 20
"""
SIGN = """
update ocpp_certificate set certificate = $3, serial_number = $4, ends_at = $5
where holder = $1 and id = $2 and certificate is null
"""
FAIL = "update ocpp_certificate set problem = $3 where holder = $1 and id = $2 and certificate is null"
TAKE = "update ocpp_certificate set taken = $3 where holder = $1 and id = $2"
REVOKE = """
update ocpp_certificate set revoked_at = $4 where holder = $1 and station_id = $2 and id = $3 and revoked_at is null
"""
REVOKED = """
select serial_number from ocpp_certificate
where holder = $1 and station_id = $2 and revoked_at is not null and serial_number is not null
"""
# The newest of a station that hangs on a socket, and of which no renewal was asked for lately.
ENDING = f"""
select {_SIGNING} from ocpp_certificate c join station s on s.id = c.station_id
where c.taken and c.revoked_at is null and c.ends_at < $1 and s.connected_to is not null
  and (c.renewal_asked_at is null or c.renewal_asked_at < $2)
  and not exists (select from ocpp_certificate n where n.holder = c.holder and n.station_id = c.station_id
    and n.use = c.use and n.taken and n.ends_at > c.ends_at)
order by c.ends_at limit 100
"""
RENEWAL_ASKED = "update ocpp_certificate set renewal_asked_at = $3 where holder = $1 and id = $2"
FORGET_INSTALLED = (
    "delete from ocpp_installed where holder = $1 and station_id = $2 and ($3::text is null or kind = $3)"
)
KEEP_INSTALLED = """
insert into ocpp_installed (holder, station_id, kind, hash_algorithm, issuer_name_hash, issuer_key_hash, serial_number,
  told_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
"""
INSTALLED = """
select kind, hash_algorithm, issuer_name_hash, issuer_key_hash, serial_number, told_at from ocpp_installed
where holder = $1 and station_id = $2 order by kind, serial_number
"""
STATUS = "select status, answer, holds_until from ocpp_revocation where key = $1 and holds_until > $2"
KEEP_STATUS = """
insert into ocpp_revocation (key, status, answer, holds_until) values ($1, $2, $3, $4)
on conflict (key) do update set status = excluded.status, answer = excluded.answer, holds_until = excluded.holds_until
"""
FORGET_STATUS = "delete from ocpp_revocation where holds_until < $1"
# Those that have ended, also what was taken back of them, and requests that came to nothing.
FORGET = """
delete from ocpp_certificate where (holder, id) in (
  select holder, id from ocpp_certificate
  where coalesce(ends_at, asked_at) < $1 and (ends_at is not null or problem is not null)
  order by coalesce(ends_at, asked_at) limit $2)
"""


def ask(unit: Unit, one: Signing) -> None:
    """The same request once more is answered once more."""
    unit.write(ASK, str(one.holder), one.id, one.station_id, one.use, one.number, one.csr, one.asked_at)


async def find(unit: Unit, holder: PartyId, id: str) -> Signing | None:
    row = await unit.fetch_one(FIND, str(holder), id)
    return None if row is None else _signing(row)


async def of_station(unit: Unit, holder: PartyId, station_id: str) -> list[Signing]:
    """Newest first."""
    return [_signing(row) for row in await unit.fetch(OF_STATION, str(holder), station_id)]


async def unsigned(unit: Unit) -> list[Signing]:
    return [_signing(row) for row in await unit.fetch(UNSIGNED)]


async def sign(unit: Unit, one: Signing, certificate: str, serial_number: str, ends_at: datetime) -> bool:
    """False when it is signed already."""
    return bool(await unit.execute(SIGN, str(one.holder), one.id, certificate, serial_number, ends_at))


def fail(unit: Unit, one: Signing, problem: str) -> None:
    unit.write(FAIL, str(one.holder), one.id, problem)


def take(unit: Unit, holder: PartyId, id: str, taken: bool) -> None:
    unit.write(TAKE, str(holder), id, taken)


async def revoke(unit: Unit, holder: PartyId, station_id: str, id: str) -> bool:
    """False when there is nothing to revoke."""
    return bool(await unit.execute(REVOKE, str(holder), station_id, id, unit.now))


async def revoked(unit: Unit, holder: PartyId, station_id: str) -> frozenset[str]:
    """The serial numbers of what we have signed for this Station and taken back."""
    return frozenset(row["serial_number"] for row in await unit.fetch(REVOKED, str(holder), station_id))


async def ending(unit: Unit, before: datetime, not_asked_for: timedelta) -> list[Signing]:
    return [_signing(row) for row in await unit.fetch(ENDING, before, unit.now - not_asked_for)]


def renewal_asked(unit: Unit, one: Signing) -> None:
    unit.write(RENEWAL_ASKED, str(one.holder), one.id, unit.now)


def keep_installed(
    unit: Unit, holder: PartyId, station_id: str, kind: RootKind | None, roots: tuple[Root, ...]
) -> None:
    """In place of what was known of this kind, or of all."""
    unit.write(FORGET_INSTALLED, str(holder), station_id, kind)
    for one in roots:
        by = one.certificate
        unit.write(
            KEEP_INSTALLED,
            str(holder),
            station_id,
            one.kind,
            by.hash_algorithm,
            by.issuer_name_hash,
            by.issuer_key_hash,
            by.serial_number,
            unit.now,
        )


async def installed(unit: Unit, holder: PartyId, station_id: str) -> list[Installed]:
    return [_installed(row) for row in await unit.fetch(INSTALLED, str(holder), station_id)]


async def status(unit: Unit, key: str) -> tuple[CertificateState, str, datetime] | None:
    """(what the authority said, its own words, until when it holds), while it holds."""
    row = await unit.fetch_one(STATUS, key, unit.now)
    return None if row is None else (CertificateState(row["status"]), row["answer"], row["holds_until"])


def keep_status(unit: Unit, key: str, state: CertificateState, answer: str, holds_until: datetime) -> None:
    unit.write(KEEP_STATUS, key, state, answer, holds_until)


def forget_status(unit: Unit) -> None:
    """What holds no more."""
    unit.write(FORGET_STATUS, unit.now)


async def forget(unit: Unit, before: datetime, most: int) -> int:
    """What was over before then; says how many requests it was."""
    return await unit.execute(FORGET, before, most)


def _signing(row: Record) -> Signing:
    return Signing(**dict(row) | {"holder": PartyId.parse(row["holder"]), "use": Use(row["use"])})


def _installed(row: Record) -> Installed:
    fields = dict(row)
    kind, told_at = RootKind(fields.pop("kind")), fields.pop("told_at")
    return Installed(root=Root(kind=kind, certificate=CertificateHash(**fields)), told_at=told_at)
