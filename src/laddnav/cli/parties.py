"""`laddnav party`: our own parties."""

from __future__ import annotations

import asyncio
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from laddnav.cli import saying
from laddnav.cli.opening import Data, Json, Url, opened
from laddnav.cli.typed import application
from laddnav.cli.words import WrongCall

if TYPE_CHECKING:
    from laddnav.kit.ids import PartyId
    from laddnav.parties.model import Contact, InvoiceEvery, Party, Role, VatRegistration

app = application("Our own parties.")


@app.command("add")
def add(
    id: Annotated[str, typer.Argument(metavar="SE*LAD", help="Country and three characters")],
    roles: Annotated[str, typer.Option(help="What it does: CPO, EMSP, or both as CPO,EMSP")],
    name: Annotated[str, typer.Option(help="As invoices and partners show it")],
    currency: Annotated[str | None, typer.Option(help="ISO 4217; else that of its country")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Such as Europe/Stockholm; else that of its country")] = None,
    vat_percent: Annotated[str | None, typer.Option(help="What it charges; none without it")] = None,
    vat_number: Annotated[str | None, typer.Option()] = None,
    website: Annotated[str | None, typer.Option()] = None,
    address: Annotated[str | None, typer.Option(help="With line breaks as on an envelope")] = None,
    pay_to: Annotated[str | None, typer.Option(help="A giro or IBAN, as debtors read it")] = None,
    invoice_every: Annotated[str, typer.Option(help="session, day or month")] = "month",
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Add a party of ours."""
    from laddnav.kit.ids import PartyId
    from laddnav.parties.model import InvoiceEvery, Role

    holder = PartyId.parse(id)
    said = {
        "name": name,
        "roles": tuple(_word(Role, word, "role") for word in roles.split(",")),
        "currency": currency or _currency_of(holder),
        "time_zone": time_zone or _zone_of(holder),
        "vat_percent": None if vat_percent is None else _number(vat_percent),
        "vat_number": vat_number,
        "website": website,
        "address": address,
        "pay_to": pay_to,
        "invoice_every": _word(InvoiceEvery, invoice_every, "period"),
    }
    saying.one(asyncio.run(_add(data, database, holder, said)), as_json=json)


@app.command("set")
def change(
    id: Annotated[str, typer.Argument(metavar="SE*LAD", help="One of our parties")],
    vat_percent: Annotated[str | None, typer.Option(help="What it charges at home")] = None,
    vat_number: Annotated[str | None, typer.Option()] = None,
    vat_in: Annotated[list[str] | None, typer.Option(metavar="NUMBER:SINCE", help="A VAT number elsewhere")] = None,
    one_stop_shop: Annotated[str | None, typer.Option(metavar="NUMBER:SINCE", help="Of the Union's shop")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Its electronic address, as 0007:5566778899")] = None,
    address: Annotated[str | None, typer.Option(help="With line breaks as on an envelope")] = None,
    pay_to: Annotated[str | None, typer.Option(help="A giro or IBAN, as debtors read it")] = None,
    swish: Annotated[str | None, typer.Option(help="A company's Swish number, for the code on its invoices")] = None,
    contact: Annotated[str | None, typer.Option(help="Whom to call: name, telephone, e-mail")] = None,
    payment_days: Annotated[int | None, typer.Option(help="How long debtors have")] = None,
    round_to: Annotated[str | None, typer.Option(help="What sums to pay are rounded to, as 1")] = None,
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Change what a party puts on its invoices; what is not named stays. Registrations are named all at once."""
    from laddnav.kit.ids import PartyId

    said: dict[str, Any] = {
        "vat_percent": None if vat_percent is None else _number(vat_percent),
        "vat_number": vat_number,
        "endpoint": endpoint,
        "address": address,
        "pay_to": pay_to,
        "swish": swish and "".join(swish.split()),
        "contact": contact and _contact(contact),
        "payment_days": payment_days,
        "round_to": None if round_to is None else _number(round_to, "amount"),
    }
    if vat_in or one_stop_shop:
        shop = [_registration(one_stop_shop, shop=True)] if one_stop_shop else []
        said["vat_registrations"] = (*(_registration(one, shop=False) for one in vat_in or ()), *shop)
    changed = {name: value for name, value in said.items() if value is not None}
    saying.one(asyncio.run(_change(data, database, PartyId.parse(id), changed)), as_json=json)


@app.command("list")
def list_all(data: Data = None, database: Url = None, json: Json = False) -> None:
    """List our parties."""
    found = asyncio.run(_list(data, database))
    saying.many(found, ("holder", "name", "roles", "currency", "time_zone"), as_json=json)


async def _add(data: Path | None, database: str | None, holder: PartyId, said: dict[str, Any]) -> dict[str, Any]:
    from laddnav.parties import actions as parties
    from laddnav.parties.model import Party

    async with opened(data, database) as (_, installed), installed.unit() as unit:
        party = Party(holder=holder, ref=unit.new_id(), created_at=unit.now, **said)
        await parties.add(unit, party)
    return saying.spelt(Party)(party)


async def _change(data: Path | None, database: str | None, holder: PartyId, changed: dict[str, Any]) -> dict[str, Any]:
    from msgspec.structs import replace

    from laddnav.parties import actions as parties
    from laddnav.parties.model import Party

    async with opened(data, database) as (_, installed), installed.unit() as unit:
        party = replace(await parties.fetch(unit, holder), **changed)
        await parties.update(unit, party)
    return saying.spelt(Party)(party)


def _registration(text: str, *, shop: bool) -> VatRegistration:
    from datetime import date

    from laddnav.kit.vat_numbers import vat_country
    from laddnav.parties.model import VatRegistration

    number, _, since = text.partition(":")
    country = vat_country(number)
    try:
        day = date.fromisoformat(since)
    except ValueError as error:
        raise WrongCall(f"{text!r} is not NUMBER:SINCE, such as NL987654321B01:2026-01-01") from error
    if country is None:
        raise WrongCall(f"{number!r} is no VAT number; one is written like NL987654321B01")
    return VatRegistration(country=country, number=number, one_stop_shop=shop, since=day)


def _contact(text: str) -> Contact:
    from laddnav.parties.model import Contact

    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3:
        raise WrongCall(f"{text!r} is not NAME, TELEPHONE, E-MAIL with commas between")
    return Contact(*parts)


async def _list(data: Path | None, database: str | None) -> list[dict[str, Any]]:
    from laddnav.parties import actions as parties
    from laddnav.parties.model import Party

    async with opened(data, database) as (_, installed), installed.unit() as unit:
        found: tuple[Party, ...] = await parties.list_all(unit)
    return [saying.spelt(Party)(party) for party in found]


def _word(kind: type[Role] | type[InvoiceEvery], word: str, what: str) -> Role | InvoiceEvery:
    for one in kind:
        if one.value.casefold() == word.strip().casefold():
            return one
    raise WrongCall(f"{word.strip()!r} is no {what}; there are {', '.join(one.value for one in kind)}")


def _number(text: str, what: str = "percentage") -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise WrongCall(f"{text!r} is no {what}") from error


def _currency_of(holder: PartyId) -> str:
    from babel.numbers import get_territory_currencies

    found = get_territory_currencies(holder.country)
    if len(found) != 1:
        raise WrongCall(f"{holder.country} does not say which currency is meant; give --currency")
    return str(found[0])


def _zone_of(holder: PartyId) -> str:
    """The first that the time zone database lists for the country: the one that most of it has."""
    from importlib import resources

    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text()
    for line in table.splitlines():
        if line.startswith(holder.country + "\t"):
            return line.split("\t")[2]
    raise WrongCall(f"{holder.country} does not say which time zone is meant; give --time-zone")
