"""What can be a customer, and what of one can be changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.customers.model import Contract, Customer, Hold, Kind, PaysBy
from laddnav.kit.energy import Energy, kwh
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.kit.vat_numbers import vat_country

NAME_MAX = 120
ADDRESS_MAX = 500
CONTRACT_MAX = 36  # OCPI 2.2.1 mod_tokens_token_object
LIMIT_MAX = Decimal(100_000_000)
FIRST_NUMBER = 10_001

_LANGUAGES = {"AT": "de", "DE": "de", "SE": "sv"}

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_TWO = re.compile(r"[A-Z]{2}|[a-z]{2}")


class UnfitCustomer(Refusal):
    """Something that is said of a customer cannot be so; `field` says what."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


class EnoughLinks(Refusal):
    """Some were mailed to this customer in the last quarter of an hour, and each still lets them in."""

    def __init__(self) -> None:
        super().__init__("Enough links are on their way to this customer; each works for 15 minutes")


class UnknownCustomer(Refusal):
    """No customer has this ref."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no customer {ref}")
        self.ref = ref


class UnknownContract(Refusal):
    """No contract of this id is this customer's."""

    def __init__(self, contract_id: str) -> None:
        super().__init__(f"There is no contract {contract_id} of this customer")
        self.contract_id = contract_id


class ContractTaken(Refusal):
    """A contract belongs to one customer."""

    def __init__(self, contract_id: str) -> None:
        super().__init__(f"Contract {contract_id} is another customer's; take it from that one first")
        self.contract_id = contract_id


class CustomerSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody says of a customer: None leaves it as it is, an empty text takes it away.

    No card is among it: whoever could write what a provider calls one could have a stranger's pay.
    """

    kind: Kind | None = None
    name: str | None = None
    email: str | None = None
    language: str | None = None
    country: str | None = None
    address: str | None = None
    vat_number: str | None = None
    pays_by: PaysBy | None = None
    hold: Hold | None = None


def begun(said: CustomerSaid, *, holder: PartyId, ref: str, number: str, now: datetime) -> Customer:
    """A new one, at home where its holder is and speaking as one does there, if nothing else is said.

    Raises UnfitCustomer.
    """
    blank = Customer(
        holder=holder,
        ref=ref,
        number=number,
        kind=Kind.PRIVATE,
        name="",
        language=_LANGUAGES.get((said.country or holder.country).upper(), "en"),
        country=holder.country,
        created_at=now,
        last_updated=now,
    )
    return changed(blank, said, now)


def changed(before: Customer, said: CustomerSaid, now: datetime) -> Customer:
    """Raises UnfitCustomer."""
    after = replace(
        before,
        kind=said.kind or before.kind,
        name=before.name if said.name is None else _text("name", said.name, NAME_MAX),
        email=_now(before.email, said.email, _email),
        language=before.language if said.language is None else _two("language", said.language.lower(), "sv"),
        country=before.country if said.country is None else _two("country", said.country.upper(), "SE"),
        address=_now(before.address, said.address, _address),
        vat_number=_now(before.vat_number, said.vat_number, _vat_number),
        pays_by=said.pays_by or before.pays_by,
        hold=said.hold or before.hold,
    )
    if (after.pays_by, after.hold) != (before.pays_by, before.hold):
        after = replace(after, unheld=False)
    if not after.name:
        raise UnfitCustomer("name", "a customer has one")
    if after.pays_by is PaysBy.CARD and after.card is None:
        raise UnfitCustomer(
            "card",
            "who pays by card has stored one first, on their own pages",
        )
    if after.kind is Kind.PRIVATE and after.vat_number is not None:
        raise UnfitCustomer("vat_number", "only a business has one; say that it is one")
    return after if after == before else replace(after, last_updated=now)


def with_card(before: Customer, card: str | None, now: datetime) -> Customer:
    """With what a provider said that it keeps for this customer; None: nothing, and who paid by it is sent invoices.

    Raises UnfitCustomer.
    """
    if card == before.card:
        return before
    if card is not None:
        return replace(before, card=_text("card", card, NAME_MAX), unheld=False, last_updated=now)
    pays_by = PaysBy.INVOICE if before.pays_by is PaysBy.CARD else before.pays_by
    return replace(before, card=None, pays_by=pays_by, unheld=False, last_updated=now)


def week_energy(kwh_said: Decimal | None) -> Energy | None:
    """Raises UnfitCustomer for what no car could use, which could not be calculated with either."""
    if kwh_said is None:
        return None
    if not kwh_said.is_finite() or not 0 <= kwh_said <= LIMIT_MAX / 1000:
        raise UnfitCustomer("week_kwh", "nothing or more, and no more than anybody uses")
    return kwh(kwh_said)


def contract(
    customer: Customer,
    contract_id: str,
    *,
    driver: str | None,
    cost_centre: str | None,
    week_energy: Energy | None,
    week_cost: Decimal | None,
    now: datetime,
) -> Contract:
    """Raises UnfitCustomer."""
    for field, most in (("week_energy", None if week_energy is None else week_energy.wh), ("week_cost", week_cost)):
        if most is not None and (not most.is_finite() or not 0 <= most <= LIMIT_MAX):
            raise UnfitCustomer(field, "nothing or more, and no more than anybody uses")
    return Contract(
        holder=customer.holder,
        customer=customer.ref,
        contract_id=_text("contract_id", contract_id, CONTRACT_MAX),
        driver=_now(None, driver, lambda text: _text("driver", text, NAME_MAX)),
        cost_centre=_now(None, cost_centre, lambda text: _text("cost_centre", text, NAME_MAX)),
        week_energy=week_energy,
        week_cost=week_cost,
        since=now,
    )


def _now(before: str | None, said: str | None, read: Callable[[str], str]) -> str | None:
    if said is None:
        return before
    return read(said) if said.strip() else None


def _text(field: str, said: str, most: int) -> str:
    text = said.strip()
    if not 1 <= len(text) <= most or not text.isprintable():
        raise UnfitCustomer(field, f"1 to {most} printable characters")
    return text


def _address(said: str) -> str:
    lines = [line.strip() for line in said.replace("\r", "").split("\n") if line.strip()]
    if len("\n".join(lines)) > ADDRESS_MAX or not all(line.isprintable() for line in lines):
        raise UnfitCustomer("address", f"lines as on an envelope, together at most {ADDRESS_MAX} characters")
    return "\n".join(lines)


def _email(said: str) -> str:
    text = _text("email", said, 254)
    if not _EMAIL.fullmatch(text):
        raise UnfitCustomer("email", f"{text!r} is no address that mail could be sent to")
    return text


def _vat_number(said: str) -> str:
    text = re.sub(r"[\s.-]", "", said).upper()
    if vat_country(text) is None:
        raise UnfitCustomer("vat_number", f"{said.strip()[:40]!r} is none; one is written like SE556677889901")
    return text


def _two(field: str, said: str, example: str) -> str:
    text = said.strip()
    if not _TWO.fullmatch(text):
        raise UnfitCustomer(field, f"two letters, as {example}")
    return text
