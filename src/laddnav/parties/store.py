"""How our parties are kept."""

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.parties.model import Contact, InvoiceEvery, Party, Role, VatRegistration

_COLUMNS = """holder, ref, name, website, roles, currency, time_zone, vat_percent, vat_number, address, pay_to,
  payment_days, invoice_every, vat_registrations, endpoint, round_to, swish, contact, created_at"""

INSERT = f"""
insert into party ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
  $18, $19)
on conflict (holder) do nothing
"""

UPDATE = """
update party set name = $2, website = $3, roles = $4, currency = $5, time_zone = $6, vat_percent = $7, vat_number = $8,
  address = $9, pay_to = $10, payment_days = $11, invoice_every = $12, vat_registrations = $13, endpoint = $14,
  round_to = $15, swish = $16, contact = $17
where holder = $1
"""

FIND = f"select {_COLUMNS} from party where holder = $1"

REACHED_AT = "select public_url from installation"
REACH = """
insert into installation (public_url) values ($1) on conflict (one) do update set public_url = excluded.public_url
"""

LIST_ALL = f"select {_COLUMNS} from party order by holder"


async def insert(unit: Unit, party: Party) -> bool:
    """Whether it was not there before."""
    return await unit.execute(INSERT, str(party.holder), party.ref, *_changeable(party), party.created_at) == 1


async def update(unit: Unit, party: Party) -> bool:
    """Whether it was there."""
    return await unit.execute(UPDATE, str(party.holder), *_changeable(party)) == 1


async def find(unit: Unit, holder: PartyId) -> Party | None:
    row = await unit.fetch_one(FIND, str(holder))
    return None if row is None else _party(row)


async def list_all(unit: Unit) -> tuple[Party, ...]:
    return tuple(_party(row) for row in await unit.fetch(LIST_ALL))


def _changeable(party: Party) -> tuple[object, ...]:
    return (
        party.name,
        party.website,
        list(party.roles),
        party.currency,
        party.time_zone,
        party.vat_percent,
        party.vat_number,
        party.address,
        party.pay_to,
        party.payment_days,
        party.invoice_every,
        json.encode(party.vat_registrations).decode(),
        party.endpoint,
        party.round_to,
        party.swish,
        None if party.contact is None else json.encode(party.contact).decode(),
    )


def _party(row: Record) -> Party:
    return Party(
        holder=PartyId.parse(row["holder"]),
        ref=row["ref"],
        name=row["name"],
        website=row["website"],
        roles=tuple(Role(role) for role in row["roles"]),
        currency=row["currency"],
        time_zone=row["time_zone"],
        vat_percent=row["vat_percent"],
        vat_number=row["vat_number"],
        address=row["address"],
        pay_to=row["pay_to"],
        payment_days=row["payment_days"],
        invoice_every=InvoiceEvery(row["invoice_every"]),
        vat_registrations=json.decode(row["vat_registrations"], tuple[VatRegistration, ...]),
        endpoint=row["endpoint"],
        round_to=row["round_to"],
        swish=row["swish"],
        contact=None if row["contact"] is None else json.decode(row["contact"], Contact),
        created_at=row["created_at"],
    )


async def reached_at(unit: Unit) -> str | None:
    url: str | None = await unit.value(REACHED_AT)
    return url


def reach(unit: Unit, public_url: str) -> None:
    unit.write(REACH, public_url)
