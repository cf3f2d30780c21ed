"""CDRs and items to bill, each as plain as its test allows."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from laddnav.billing.model import Item, ItemKind, ItemWords, Supply
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr, Costs
from laddnav.db.unit import Database
from laddnav.kit import json
from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.locations.model import GeoLocation
from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.parties import actions as parties
from laddnav.parties.model import InvoiceEvery, Party, Role
from laddnav.pricing.model import NOTHING, Line
from laddnav.pricing.policy import OURS
from laddnav.pricing.reasons import Because, Reason
from laddnav.pricing.rounding import rounded_price
from laddnav.pricing.taxes import taxing
from laddnav.sessions.model import AuthMethod, CdrLocation, CdrToken
from laddnav.tokens.model import TokenType

LADDNAV = PartyId("SE", "LAD")
TANKA = PartyId("SE", "TNK")  # an eMSP and CPO of the same country
TNM = PartyId("NL", "TNM")  # one of another country in the Union
FJORD = PartyId("NO", "FJO")  # one outside it

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLACE = CdrLocation(
    id="LOC1",
    name="Slussen P-hus",
    address="Katarinavägen 16",
    city="Stockholm",
    postal_code="116 45",
    country="SWE",
    coordinates=GeoLocation(Decimal("59.32"), Decimal("18.07")),
    evse_uid="E1",
    evse_id="SE*LAD*E0001",
    connector_id="1",
    connector_standard="IEC_62196_T2",
    connector_format="SOCKET",
    connector_power_type="AC_3_PHASE",
)


def party(holder: PartyId = LADDNAV, every: InvoiceEvery = InvoiceEvery.MONTH, vat: str | None = "25") -> Party:
    return Party(
        holder=holder,
        ref=f"ref of {holder}",
        name="Laddnav AB",
        website="laddnav.example",
        roles=(Role.CPO, Role.EMSP),
        currency="SEK",
        time_zone="Europe/Stockholm",
        vat_percent=None if vat is None else Decimal(vat),
        vat_number="SE556677889901",
        address="Storgatan 1\n111 51 Stockholm",
        pay_to="Bankgiro 123-4567",
        invoice_every=every,
        created_at=NOON,
    )


def price(before_taxes: Decimal, vat: Decimal | None) -> Price:
    return Price(before_taxes, () if vat is None else (TaxAmount("VAT", before_taxes * vat / 100, vat),))


def energy(volume: str, per_kwh: str, vat: str | None = "25", element: int = 0) -> Line:
    """A priced line of energy, exact."""
    rate = None if vat is None else Decimal(vat)
    both_sides, _ = taxing(rate, None, OURS)
    return Line(
        started_at=NOON - timedelta(hours=1),
        ended_at=NOON,
        dimension="ENERGY",
        volume=Decimal(volume),
        billed_volume=Decimal(volume),
        unit="kWh",
        unit_price=Decimal(per_kwh),
        vat=rate,
        amount=both_sides(Decimal(volume) * Decimal(per_kwh)),
        tariff_id="CITY",
        element=element,
        component=0,
        reason=Reason(code=Because.ALWAYS),
    )


def item(
    amount: str,
    kind: ItemKind = ItemKind.SUBSCRIPTION,
    code: str = "SUBSCRIPTION",
    *,
    key: str = "I1",
    currency: str = "SEK",
    supply: Supply | None = None,
    account: str = "revenue:subscription",
) -> Item:
    """Of the whole of November, one of it."""
    return Item(
        key=key,
        kind=kind,
        words=ItemWords(code, {"plan": "Plus", "number": "LAD-2026-00001", "place": "Kajen"}),
        started_at=datetime(2026, 10, 31, 23, tzinfo=UTC),
        ended_at=datetime(2026, 11, 30, 23, tzinfo=UTC),
        unit_price=Decimal(amount),
        amount=Decimal(amount),
        currency=currency,
        account=account,
        supply=supply,
    )


def cdr(
    *lines: Line,
    id: str = "C1",
    holder: PartyId = LADDNAV,
    owner: PartyId | None = None,
    token_owner: PartyId = TNM,
    costs: Costs | None = None,
    currency: str = "SEK",
    ended_at: datetime = NOON,
    energy_kwh: str = "12.345",
    parked: timedelta | None = None,
    credits: str | None = None,
) -> Cdr:
    """Ours unless an `owner` is named; with `lines`, what they cost is their sum, rounded once."""
    exact = sum((line.amount for line in lines), NOTHING).price
    total = rounded_price(exact, Decimal("0.01"))
    if credits is not None:
        total = Price(-total.before_taxes)
    return Cdr(
        holder=holder,
        owner=owner or holder,
        id=id,
        ref=f"ref of {owner or holder}/{id}",
        started_at=ended_at - timedelta(hours=1),
        ended_at=ended_at,
        token=CdrToken(owner=token_owner, uid="04AB", type=TokenType.RFID, contract_id=f"{token_owner.country}-C1"),
        auth_method=AuthMethod.WHITELIST,
        location=PLACE,
        currency=currency,
        periods=(ChargingPeriod(started_at=NOON, dimensions=(Dimension("ENERGY", Decimal(energy_kwh)),)),),
        costs=costs or Costs(total=total),
        energy=kwh(energy_kwh),
        time=timedelta(hours=1),
        parking_time=parked,
        credit=credits is not None,
        credit_reference_id=credits,
        lines=lines,
        last_updated=ended_at,
    )


async def keep(database: Database, some: Iterable[Cdr], ours: Sequence[Party] = ()) -> None:
    async with database.unit() as unit:
        for one in ours:
            await parties.add(unit, one)
        for each in some:
            await cdrs.receive(unit, each, json.encode(each))
