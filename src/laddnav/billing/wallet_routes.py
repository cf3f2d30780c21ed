"""The operator API about what a customer paid ahead: wallet, vouchers, and whether they may charge."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

from msgspec import Struct

from laddnav.billing.actions import wallets
from laddnav.customers import actions as customers
from laddnav.customers.actions import allowing, ending, giving
from laddnav.customers.model import Customer, Standing
from laddnav.customers.vouchers import Batch, Counted, Made, Voucher
from laddnav.customers.wallet import Refill, Wallet
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.payments.payment import Payment
from laddnav.people.api import Page, Route, yours
from laddnav.people.model import Role, Visitor


class TopUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`account` is the ref of ours at a provider. `stored`: from the card that is kept.

    Else `return_url` is where whoever pays comes back to.
    """

    amount: Decimal
    account: str
    stored: bool = False
    return_url: str | None = None


class RefillSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: the wallet fills itself no more."""

    refill: Refill | None


class PayOut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`amount` None: all that is free."""

    amount: Decimal | None = None
    reason: str


class PaidOut(Struct, frozen=True, kw_only=True):
    """What goes back, as far as nobody else has to agree."""

    holder: PartyId
    amount: Decimal


class NewBatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many vouchers of so much; `holder` and `currency` may be left out where they can be only one."""

    name: str
    worth: Decimal
    many: int
    currency: str | None = None
    sold: bool = False
    expires_on: date | None = None
    holder: str | None = None


class Redeem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: str


class Redeemed(Struct, frozen=True, kw_only=True):
    """A voucher that a customer has, and what of it is left."""

    holder: PartyId
    batch: Batch
    left: Decimal


class StandingSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    standing: Standing
    why: str


async def fetch_wallet(unit: Unit, ref: str) -> Wallet:
    """What is in a customer's wallet, what of it is owed or held, and whether it fills itself."""
    return await allowing.wallet_of(unit, await customers.by_ref(unit, ref))


async def top_up_wallet(unit: Unit, by: Visitor, ref: str, body: TopUp) -> Payment:
    """Have it filled by a payment; what is paid is in it once the provider has it."""
    return await wallets.top_up(
        unit,
        await _theirs(unit, by, ref),
        body.amount,
        account=body.account,
        return_url=body.return_url,
        stored=body.stored,
        away=body.stored,
        by=by.name,
    )


async def refill_wallet(unit: Unit, by: Visitor, ref: str, body: RefillSaid) -> Wallet:
    """Have it fill itself from the stored card whenever less than a bound is free, or have that end."""
    return await allowing.refill(unit, await _theirs(unit, by, ref), body.refill, by=by.name)


async def pay_out_wallet(unit: Unit, by: Visitor, ref: str, body: PayOut) -> PaidOut:
    """What is free goes back to the payments that it came from, the newest first."""
    customer = await customers.by_ref(unit, await _theirs(unit, by, ref))
    amount = await wallets.pay_out(unit, ref, body.amount, reason=body.reason, by=by.name)
    return PaidOut(holder=customer.holder, amount=amount)


async def set_standing(unit: Unit, by: Visitor, ref: str, body: StandingSaid) -> Customer:
    """Who is STOPPED charges nowhere; who is GOOD again does."""
    return await allowing.stand(unit, await _theirs(unit, by, ref), body.standing, why=body.why, by=by.name)


async def list_vouchers(unit: Unit, by: Visitor) -> Page[Counted]:
    """Batches of vouchers, the newest first, with what of them is used."""
    return Page(items=tuple(await ending.counts(unit, by.holder)), next=None)


async def end_vouchers(unit: Unit, by: Visitor, ref: str) -> Counted:
    """What is owed on vouchers that were sold, whose time is over, becomes income."""
    yours(by, (await giving.batch(unit, ref)).holder)
    return await ending.take_as_income(unit, ref, by=by.name)


async def make_vouchers(unit: Unit, by: Visitor, body: NewBatch) -> Made:
    """Codes that are in this answer and nowhere else."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    batch = Batch(
        holder=yours(by, party.holder),
        ref="",
        name=body.name,
        worth=body.worth,
        currency=body.currency or party.currency,
        many=body.many,
        sold=body.sold,
        expires_on=body.expires_on,
        made_at=unit.now,
        made_by=by.name,
    )
    return await giving.make(unit, batch, by=by.name)


async def redeem_voucher(unit: Unit, by: Visitor, ref: str, body: Redeem) -> Redeemed:
    """A customer has the voucher of this code from now on."""
    return _redeemed(await giving.redeem(unit, await _theirs(unit, by, ref), body.code, by=by.name))


async def list_vouchers_of(unit: Unit, by: Visitor, ref: str) -> Page[Redeemed]:
    """What a customer redeemed, and what of it is left."""
    customer = await customers.by_ref(unit, await _theirs(unit, by, ref))
    return Page(items=tuple(_redeemed(one) for one in await giving.of_customer(unit, customer)), next=None)


def _redeemed(one: Voucher) -> Redeemed:
    return Redeemed(holder=one.batch.holder, batch=one.batch, left=one.left)


async def _theirs(unit: Unit, by: Visitor, ref: str) -> str:
    """Raises UnknownCustomer, NotYours."""
    yours(by, (await customers.by_ref(unit, ref)).holder)
    return ref


_CUSTOMER = "/customers/{ref}"
_MONEY = partial(Route, needs=Role.FINANCE)
_DESK = partial(Route, needs=Role.SUPPORT, also=(Role.FINANCE,))

ROUTES = (
    Route(method="GET", path=f"{_CUSTOMER}/wallet", does=fetch_wallet),
    _DESK(method="POST", path=f"{_CUSTOMER}/wallet/payments", does=top_up_wallet, status=201),
    _DESK(method="PUT", path=f"{_CUSTOMER}/wallet/refill", does=refill_wallet),
    _MONEY(method="POST", path=f"{_CUSTOMER}/wallet/payouts", does=pay_out_wallet),
    _MONEY(method="PUT", path=f"{_CUSTOMER}/standing", does=set_standing),
    Route(method="GET", path=f"{_CUSTOMER}/vouchers", does=list_vouchers_of),
    _DESK(method="POST", path=f"{_CUSTOMER}/vouchers", does=redeem_voucher),
    Route(method="GET", path="/vouchers", does=list_vouchers),
    _MONEY(method="POST", path="/vouchers", does=make_vouchers, status=201),
    _MONEY(method="POST", path="/vouchers/{ref}/income", does=end_vouchers),
)
