"""Customers: who pays, and for which contracts."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from msgspec import Struct
from starlette.responses import Response

from laddnav.customers import actions as customers
from laddnav.customers.model import Customer, Hold, Kind, PaysBy
from laddnav.customers.rules import CustomerSaid, UnfitCustomer, week_energy
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import person
from laddnav.web.pages.customer_money import money_of
from laddnav.web.pages.home_charging import home_of
from laddnav.web.pages.payments import REASONS
from laddnav.web.words import N_

PAGE = 50
KINDS = ((Kind.PRIVATE, N_("Private")), (Kind.BUSINESS, N_("Company")))
WAYS = (
    (PaysBy.INVOICE, N_("By invoice")),
    (PaysBy.CARD, N_("By a stored card")),
    (PaysBy.WALLET, N_("From a wallet")),
)
HOLDS = (
    (Hold.NONE, N_("Nothing is held; its invoice is taken")),
    (Hold.WISHED, N_("Held on the card, else taken with its invoice")),
    (Hold.REQUIRED, N_("Held on the card, else ended")),
)
TONGUES = (("sv", "Svenska"), ("en", "English"), ("de", "Deutsch"))

Choices = tuple[tuple[str, str], ...]


class Offers(Struct, frozen=True, kw_only=True):
    """What the fields of a customer offer to choose from."""

    kinds: Choices
    ways: Choices
    holds: Choices
    tongues: Choices
    holders: Choices


async def list_all(asked: Asked) -> Response:
    cursor, words = asked.query("cursor"), asked.query("words")
    async with asked.unit() as unit:
        known = await customers.page(unit, asked.visitor.holder, words=words, after=cursor, limit=PAGE + 1)
    return asked.page(
        "customers.html",
        rows=known[:PAGE],
        next=known[PAGE - 1].ref if len(known) > PAGE else None,
        begun=cursor is not None,
        words=words or "",
        kinds=dict(KINDS),
        ways=dict(WAYS),
        offers=_offers(asked),
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _mine(asked, unit)
        contracts = await customers.contracts(unit, customer)
        known = await person.of_customer(unit, customer)
        money, home = await money_of(unit, customer), await home_of(unit, customer)
    return asked.page(
        "customer.html",
        person=known,
        refund_reasons=REASONS,
        customer=customer,
        contracts=contracts,
        money=money,
        home=home,
        kinds=dict(KINDS),
        ways=dict(WAYS),
        holds=dict(HOLDS),
        offers=_offers(asked, customer),
    )


def _offers(asked: Asked, customer: Customer | None = None) -> Offers:
    can = [(way, word) for way, word in WAYS if way is not PaysBy.CARD or (customer and customer.card)]
    mine = asked.visitor.holder
    return Offers(
        kinds=tuple((kind.value, asked.say(word)) for kind, word in KINDS),
        ways=tuple((way.value, asked.say(word)) for way, word in can),
        holds=tuple((hold.value, asked.say(word)) for hold, word in HOLDS),
        tongues=TONGUES,
        holders=tuple(
            (str(one.holder), f"{one.holder} · {one.name}") for one in asked.parties if mine in (None, one.holder)
        ),
    )


async def add(asked: Asked) -> Response:
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        customer = await customers.add(unit, holder, _said(asked), by=asked.visitor.name)
    return asked.done(
        f"/customers/{customer.ref}", asked.say("The customer is added. Say next which contracts are theirs.")
    )


async def change(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _mine(asked, unit)
        await customers.change(unit, customer.ref, _said(asked), by=asked.visitor.name)
    return asked.done(f"/customers/{customer.ref}", asked.say("The customer is changed."))


async def forget_card(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _mine(asked, unit)
        await customers.forget_card(unit, customer.ref, by=asked.visitor.name)
    return asked.done(f"/customers/{customer.ref}", asked.say("The stored card pays nothing any more."))


async def keep_contract(asked: Asked) -> Response:
    week_kwh = _limit(asked, "week_kwh")
    async with asked.unit() as unit:
        customer = await _mine(asked, unit)
        await customers.keep_contract(
            unit,
            customer.ref,
            asked.said("contract_id"),
            driver=asked.said("driver"),
            cost_centre=asked.said("cost_centre"),
            week_energy=week_energy(week_kwh),
            week_cost=_limit(asked, "week_cost"),
            by=asked.visitor.name,
        )
    return asked.done(f"/customers/{customer.ref}", asked.say("What is charged with it is theirs to pay from now on."))


async def release_contract(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _mine(asked, unit)
        await customers.release_contract(unit, customer.ref, asked.said("contract_id"), by=asked.visitor.name)
    return asked.done(f"/customers/{customer.ref}", asked.say("Whoever charges with it pays again."))


async def _mine(asked: Asked, unit: Unit) -> Customer:
    """Raises UnknownCustomer, NotYours."""
    customer = await customers.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, customer.holder)
    return customer


def _limit(asked: Asked, field: str) -> Decimal | None:
    """None: there is none. Raises UnfitCustomer."""
    text = asked.said(field).replace(",", ".")
    try:
        return Decimal(text) if text else None
    except InvalidOperation as error:
        raise UnfitCustomer(field, "a number is meant") from error


def _said(asked: Asked) -> CustomerSaid:
    """Raises UnfitCustomer."""
    kind, way, hold = asked.said("kind"), asked.said("pays_by"), asked.said("hold")
    if kind not in set(Kind) or way not in set(PaysBy) or hold not in {"", *Hold}:
        raise UnfitCustomer("kind, pays_by, hold", "choose one")
    texts = {name: asked.said(name) for name in ("name", "email", "language", "country", "vat_number")}
    address = "\n".join(line.strip() for line in asked.said("address").split(","))
    return CustomerSaid(
        kind=Kind(kind), pays_by=PaysBy(way), hold=Hold(hold) if hold else None, address=address, **texts
    )


DOORS: tuple[Door, ...] = (
    see("/customers", list_all),
    see("/customers/{ref}", one),
    do("/customers", add, Role.SUPPORT, also=(Role.FINANCE,)),
    do("/customers/{ref}", change, Role.SUPPORT, also=(Role.FINANCE,)),
    do("/customers/{ref}/card/forget", forget_card, Role.SUPPORT, also=(Role.FINANCE,)),
    do("/customers/{ref}/contracts", keep_contract, Role.SUPPORT, also=(Role.FINANCE,)),
    do("/customers/{ref}/contracts/release", release_contract, Role.SUPPORT, also=(Role.FINANCE,)),
)
