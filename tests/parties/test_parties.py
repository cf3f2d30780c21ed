"""Our own parties: kept as they were added, and refused by name when they cannot be."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from laddnav.cli.parties import change
from laddnav.cli.words import WrongCall
from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.parties import actions as parties
from laddnav.parties.model import Contact, InvoiceEvery, Party, Role
from laddnav.parties.rules import (
    AlreadyOurs,
    NotAContact,
    NotACurrency,
    NotASwishNumber,
    NotAVatPercent,
    NoTimeToPay,
    PartyWithoutRole,
    UnknownParty,
    UnknownTimeZone,
    checked,
)

LADDNAV = Party(
    holder=PartyId("SE", "LAD"),
    ref="ref-1",
    name="Laddnav AB",
    website="https://laddnav.example",
    roles=(Role.CPO, Role.EMSP),
    currency="SEK",
    time_zone="Europe/Stockholm",
    vat_percent=Decimal("25"),
    vat_number="SE556677889901",
    address="Storgatan 1\n111 51 Stockholm",
    pay_to="Bankgiro 123-4567",
    swish="1231181189",
    contact=Contact("Ada Berg", "+46 8 123 456", "fakturor@laddnav.example"),
    payment_days=20,
    invoice_every=InvoiceEvery.DAY,
    created_at=datetime(2026, 11, 1, tzinfo=UTC),
)


async def test_a_party_is_read_as_it_was_added(database: Database) -> None:
    async with database.unit() as unit:
        await parties.add(unit, LADDNAV)
    async with database.unit() as unit:
        assert await parties.fetch(unit, LADDNAV.holder) == LADDNAV


async def test_a_party_is_added_once(database: Database) -> None:
    async with database.unit() as unit:
        await parties.add(unit, LADDNAV)
    with pytest.raises(AlreadyOurs):
        async with database.unit() as unit:
            await parties.add(unit, msgspec.structs.replace(LADDNAV, name="Somebody else"))
    async with database.unit() as unit:
        assert await parties.list_all(unit) == (LADDNAV,)


async def test_an_update_changes_all_but_who_it_is(database: Database) -> None:
    moved = msgspec.structs.replace(
        LADDNAV, name="Laddnav Nord AB", address="Kungsgatan 2\n972 41 Luleå", vat_percent=None
    )
    async with database.unit() as unit:
        await parties.add(unit, LADDNAV)
        await parties.update(unit, moved)
        assert await parties.fetch(unit, LADDNAV.holder) == moved


async def test_parties_are_listed_in_the_order_of_their_ids(database: Database) -> None:
    other = msgspec.structs.replace(LADDNAV, holder=PartyId("NO", "LAD"), ref="ref-2")
    async with database.unit() as unit:
        await parties.add(unit, LADDNAV)
        await parties.add(unit, other)
        assert [str(party.holder) for party in await parties.list_all(unit)] == ["NO*LAD", "SE*LAD"]


async def test_a_party_that_is_not_ours_is_refused_by_name(database: Database) -> None:
    async with database.unit() as unit:
        with pytest.raises(UnknownParty, match=r"SE\*LAD is not a party of this installation"):
            await parties.fetch(unit, LADDNAV.holder)
        with pytest.raises(UnknownParty):
            await parties.update(unit, LADDNAV)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"roles": ()}, PartyWithoutRole),
        ({"currency": "kronor"}, NotACurrency),
        ({"time_zone": "Europe/Atlantis"}, UnknownTimeZone),
        ({"time_zone": "Europe"}, UnknownTimeZone),
        ({"vat_percent": Decimal("101")}, NotAVatPercent),
        ({"swish": "0701234567"}, NotASwishNumber),
        ({"contact": Contact("", "+46 8 123 456", "fakturor@laddnav.example")}, NotAContact),
        ({"contact": Contact("Ada", "12", "fakturor@laddnav.example")}, NotAContact),
        ({"contact": Contact("Ada", "+46 8 123 456", "fakturor")}, NotAContact),
        ({"payment_days": -1}, NoTimeToPay),
    ],
)
def test_what_cannot_be_is_refused_by_name(change: dict[str, object], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        checked(msgspec.structs.replace(LADDNAV, **change))


def test_whom_to_call_is_told_in_three_parts() -> None:
    with pytest.raises(WrongCall, match="NAME, TELEPHONE, E-MAIL"):
        change("SE*LAD", contact="Ada Berg, fakturor@laddnav.example")
