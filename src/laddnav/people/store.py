"""How accounts, visits, keys, failed sign-ins and deeds are kept; of secrets only what they are recognised by."""

from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.people.model import Account, ApiKey, Deed, Role, Visit, Visitor

# No key is named: a driver's account is the only one of its customer besides.
INSERT_ACCOUNT = """
insert into account (id, name, name_key, password_hash, role, language, created_at, fleet, customer)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing
"""
ANY_ACCOUNT = "select exists (select from account)"
_ACCOUNT = "id, name, role, language, created_at, disabled_at, fleet, customer"
ACCOUNT = f"select {_ACCOUNT} from account where id = $1"
ACCOUNT_TO_CHANGE = f"select {_ACCOUNT} from account where id = $1 for update"
ACCOUNTS = f"select {_ACCOUNT} from account where customer is null order by name_key"
PASSWORD_OF_NAME = f"select {_ACCOUNT}, password_hash from account where name_key = $1"
UPDATE_ACCOUNT = "update account set role = $2, language = $3, disabled_at = $4 where id = $1"
SET_PASSWORD = "update account set password_hash = $2 where id = $1"
# Locked, so that two admins who disable each other at once do not both succeed.
ADMINS = "select id from account where role = 'admin' and disabled_at is null order by id for update"

INSERT_VISIT = """
insert into visit (secret_hash, id, account_id, csrf, device, started_at, seen_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
VISITING = """
select v.id, v.account_id, v.csrf, v.device, v.started_at, v.seen_at, v.expires_at, a.name, a.role, a.language,
  a.fleet, a.customer
from visit v join account a on a.id = v.account_id
where v.secret_hash = $1 and v.ended_at is null and v.expires_at > $2 and a.disabled_at is null
"""
SEEN = "update visit set seen_at = $2, expires_at = $3 where id = $1 and ended_at is null"
VISITS = """
select id, account_id, csrf, device, started_at, seen_at, expires_at from visit
where account_id = $1 and ended_at is null and expires_at > $2 order by seen_at desc, id desc
"""
END_VISIT = "update visit set ended_at = $3 where account_id = $1 and id = $2 and ended_at is null"
END_VISITS = """
update visit set ended_at = $3 where account_id = $1 and ended_at is null and ($2::text is null or id <> $2)
"""

DRIVER = f"select {_ACCOUNT} from account where customer = $1"
INSERT_LINK = "insert into sign_in_link (secret_hash, customer, expires_at) values ($1, $2, $3)"
LINKS_OPEN = "select count(*) from sign_in_link where customer = $1 and expires_at > $2"
# Used once: of two who come with it at the same moment one finds it gone. It still counts as one that was sent.
USE_LINK = """
update sign_in_link set used_at = $2 where secret_hash = $1 and used_at is null and expires_at > $2 returning customer
"""
END_LINKS = "update sign_in_link set used_at = $2 where customer = $1 and used_at is null"
FORGET_LINKS = "delete from sign_in_link where expires_at < $1"

INSERT_KEY = """
insert into api_key (secret_hash, id, name, role, holder, created_at, fleet, customer)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_KEY = "id, name, role, holder, created_at, used_at, revoked_at, fleet, customer"
KEY_OF_SECRET = f"""
select {_KEY} from api_key
where secret_hash = $1 and revoked_at is null
"""
KEYS = f"select {_KEY} from api_key order by id"
KEY_USED = "update api_key set used_at = $2 where id = $1"
REVOKE_KEY = "update api_key set revoked_at = $2 where id = $1 and revoked_at is null"

# No row comes back while the subject has to wait; then nothing is counted either.
COUNT_ATTEMPT = """
insert into sign_in_attempt as before (subject, failures, last_at, wait_until) values ($1, 1, $2, $2)
on conflict (subject) do update
set failures = case when before.last_at < $3 then 1 else before.failures + 1 end, last_at = $2
where before.wait_until <= $2
returning failures
"""
WAITING = "select wait_until from sign_in_attempt where subject = $1"
WAIT = "update sign_in_attempt set wait_until = $2 where subject = $1"
FORGET_FAILURES = "delete from sign_in_attempt where subject = $1"
TAKE_BACK_FAILURE = "update sign_in_attempt set failures = failures - 1, wait_until = $2 where subject = $1"
FORGET_OLD_FAILURES = "delete from sign_in_attempt where last_at < $1"
FORGET_OLD_VISITS = "delete from visit where coalesce(ended_at, expires_at) < $1"

INSERT_DEED = "insert into audit (id, at, who, deed, about, detail) values ($1, $2, $3, $4, $5, $6)"
DEEDS = """
select id, at, who, deed, about, detail from audit
where ($1::text is null or id < $1) order by id desc limit $2
"""


# ---- Accounts


async def insert_account(unit: Unit, account: Account, password_hash: str | None) -> bool:
    """Whether the name was free. Without a hash it comes by links that are mailed."""
    return bool(
        await unit.execute(
            INSERT_ACCOUNT,
            account.id,
            account.name,
            fold(account.name),
            password_hash,
            account.role,
            account.language,
            account.created_at,
            account.fleet,
            account.customer,
        )
    )


async def any_account(unit: Unit) -> bool:
    return bool(await unit.value(ANY_ACCOUNT))


async def find_account(unit: Unit, account_id: str) -> Account | None:
    row = await unit.fetch_one(ACCOUNT, account_id)
    return None if row is None else _account(row)


async def find_account_to_change(unit: Unit, account_id: str) -> Account | None:
    row = await unit.fetch_one(ACCOUNT_TO_CHANGE, account_id)
    return None if row is None else _account(row)


async def accounts(unit: Unit) -> tuple[Account, ...]:
    return tuple(_account(row) for row in await unit.fetch(ACCOUNTS))


async def find_by_name(unit: Unit, name: str) -> tuple[Account, str | None] | None:
    """The account and its password's hash; None: it has no password."""
    row = await unit.fetch_one(PASSWORD_OF_NAME, fold(name))
    return None if row is None else (_account(row), row["password_hash"])


def update_account(unit: Unit, account: Account) -> None:
    unit.write(UPDATE_ACCOUNT, account.id, account.role, account.language, account.disabled_at)


def set_password(unit: Unit, account_id: str, password_hash: str) -> None:
    unit.write(SET_PASSWORD, account_id, password_hash)


async def admins(unit: Unit) -> tuple[str, ...]:
    """Those who can sign in."""
    return tuple(row["id"] for row in await unit.fetch(ADMINS))


# ---- Visits


def insert_visit(unit: Unit, visit: Visit, secret_hash: str) -> None:
    unit.write(
        INSERT_VISIT,
        secret_hash,
        visit.id,
        visit.account_id,
        visit.csrf,
        visit.device,
        visit.started_at,
        visit.seen_at,
        visit.expires_at,
    )


async def find_visitor(unit: Unit, secret_hash: str) -> Visitor | None:
    """Who comes with this secret: in an open visit, and of an account that may still sign in."""
    row = await unit.fetch_one(VISITING, secret_hash, unit.now)
    if row is None:
        return None
    visit = _visit(row)
    return Visitor(
        id=visit.account_id,
        name=row["name"],
        role=Role(row["role"]),
        holder=None,
        language=row["language"],
        visit=visit,
        fleet=row["fleet"],
        customer=row["customer"],
    )


def saw(unit: Unit, visit: Visit) -> None:
    unit.write(SEEN, visit.id, visit.seen_at, visit.expires_at)


async def visits(unit: Unit, account_id: str) -> tuple[Visit, ...]:
    return tuple(_visit(row) for row in await unit.fetch(VISITS, account_id, unit.now))


async def end_visit(unit: Unit, account_id: str, visit_id: str) -> bool:
    return bool(await unit.execute(END_VISIT, account_id, visit_id, unit.now))


async def end_visits(unit: Unit, account_id: str, but: str | None) -> int:
    return await unit.execute(END_VISITS, account_id, but, unit.now)


# ---- Links


async def find_driver(unit: Unit, customer: str) -> Account | None:
    row = await unit.fetch_one(DRIVER, customer)
    return None if row is None else _account(row)


def insert_link(unit: Unit, secret_hash: str, customer: str, expires_at: datetime) -> None:
    unit.write(INSERT_LINK, secret_hash, customer, expires_at)


async def links_open(unit: Unit, customer: str) -> int:
    return int(await unit.value(LINKS_OPEN, customer, unit.now))


async def use_link(unit: Unit, secret_hash: str) -> str | None:
    """The customer whose it is, the first time."""
    customer = await unit.value(USE_LINK, secret_hash, unit.now)
    return None if customer is None else str(customer)


def end_links(unit: Unit, customer: str) -> None:
    unit.write(END_LINKS, customer, unit.now)


def forget_links(unit: Unit) -> None:
    unit.write(FORGET_LINKS, unit.now)


# ---- Keys


def insert_key(unit: Unit, key: ApiKey, secret_hash: str) -> None:
    holder = None if key.holder is None else str(key.holder)
    unit.write(INSERT_KEY, secret_hash, key.id, key.name, key.role, holder, key.created_at, key.fleet, key.customer)


async def find_key(unit: Unit, secret_hash: str) -> ApiKey | None:
    row = await unit.fetch_one(KEY_OF_SECRET, secret_hash)
    return None if row is None else _key(row)


async def keys(unit: Unit) -> tuple[ApiKey, ...]:
    return tuple(_key(row) for row in await unit.fetch(KEYS))


def used(unit: Unit, key_id: str) -> None:
    unit.write(KEY_USED, key_id, unit.now)


async def revoke_key(unit: Unit, key_id: str) -> bool:
    return bool(await unit.execute(REVOKE_KEY, key_id, unit.now))


# ---- Failed sign-ins


async def count_attempt(unit: Unit, subject: str, since: datetime) -> int | None:
    """How many failed since then, this one among them; None while the next has to wait."""
    failures = await unit.value(COUNT_ATTEMPT, subject, unit.now, since)
    return None if failures is None else int(failures)


async def waiting_until(unit: Unit, subject: str) -> datetime:
    until = await unit.value(WAITING, subject)
    assert isinstance(until, datetime)
    return until


def wait(unit: Unit, subject: str, until: datetime) -> None:
    unit.write(WAIT, subject, until)


def forget_failures(unit: Unit, subject: str) -> None:
    unit.write(FORGET_FAILURES, subject)


def take_back_failure(unit: Unit, subject: str) -> None:
    unit.write(TAKE_BACK_FAILURE, subject, unit.now)


def forget_failures_before(unit: Unit, then: datetime) -> None:
    unit.write(FORGET_OLD_FAILURES, then)


def forget_visits_before(unit: Unit, then: datetime) -> None:
    unit.write(FORGET_OLD_VISITS, then)


# ---- Deeds


def insert_deed(unit: Unit, deed: Deed) -> None:
    unit.write(INSERT_DEED, deed.id, deed.at, deed.who, deed.deed, deed.about, deed.detail)


async def deeds(unit: Unit, after: str | None, limit: int) -> tuple[Deed, ...]:
    return tuple(Deed(**row) for row in await unit.fetch(DEEDS, after, limit))


def _account(row: Record) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        language=row["language"],
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        fleet=row["fleet"],
        customer=row["customer"],
    )


def _visit(row: Record) -> Visit:
    return Visit(
        id=row["id"],
        account_id=row["account_id"],
        csrf=row["csrf"],
        device=row["device"],
        started_at=row["started_at"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
    )


def _key(row: Record) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        holder=None if row["holder"] is None else PartyId.parse(row["holder"]),
        created_at=row["created_at"],
        used_at=row["used_at"],
        revoked_at=row["revoked_at"],
        fleet=row["fleet"],
        customer=row["customer"],
    )
