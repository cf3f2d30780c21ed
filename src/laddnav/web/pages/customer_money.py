"""What a customer has beside contracts: a plan, a wallet, vouchers; at the desk, and for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from starlette.responses import Response

from laddnav.billing.actions import wallets
from laddnav.customers import actions as customers
from laddnav.customers.actions import allowing, ending, giving, subscribing
from laddnav.customers.model import Customer
from laddnav.customers.model import Standing as CustomerStanding
from laddnav.customers.offered import UnfitPlan, UnknownPlan
from laddnav.customers.plan import Move, Plan, Standing, Subscription, Turn
from laddnav.customers.subscribed import earliest_end
from laddnav.customers.vouchers import Batch, Voucher, over
from laddnav.customers.wallet import Refill, UnfitWallet, Wallet
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.payments.actions import accounts
from laddnav.payments.payment import Payment
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import mine
from laddnav.web.pages.home_charging import home_of


class Money(Struct, frozen=True, kw_only=True):
    """`plans` may be chosen; `ends` is the earliest day on which the plan could end, None while its term waits.

    `coming` is what was said to happen to it, with the name of the plan that it is changed to.
    """

    standing: Standing | None
    plans: Sequence[Plan]
    ends: date | None
    coming: Sequence[tuple[Move, str | None]]
    today: date
    wallet: Wallet
    vouchers: Sequence[Voucher]
    payments: Sequence[Payment]
    accounts: Sequence[tuple[str, str]]


async def money_of(unit: Unit, customer: Customer) -> Money:
    standing = await subscribing.standing(unit, customer)
    today = await subscribing.today(unit, customer.holder)
    known = await subscribing.plans(unit, customer.holder)
    over = standing is None or (standing.subscription.ends_on is not None and standing.subscription.ends_on <= today)
    found = await accounts.page(unit, customer.holder, limit=20)
    return Money(
        standing=None if over else standing,
        plans=[one for one in known if one.sold],
        ends=None
        if over or standing is None
        else earliest_end(standing.subscription, {one.ref: one for one in known}, today),
        coming=[]
        if over or standing is None
        else [
            (move, next((one.name for one in known if one.ref == move.plan), None))
            for move in standing.subscription.moves
            if move.on > today and move.turn is not Turn.ENDED
        ],
        today=today,
        wallet=await allowing.wallet_of(unit, customer),
        vouchers=await giving.of_customer(unit, customer),
        payments=(await wallets.filled_by(unit, customer))[:5],
        accounts=[(one.ref, one.name) for one in found if one.enabled],
    )


# ---- At the desk


async def subscribe(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _theirs(asked, unit)
        await turned(asked, unit, customer)
    return asked.done(f"/customers/{customer.ref}", asked.say("Done: the plan says so from that day on."))


async def turned(asked: Asked, unit: Unit, customer: Customer) -> Subscription:
    """What the button that was pressed means. Raises what the verb behind it raises."""
    by, ref, plan = asked.visitor.name, customer.ref, asked.said("plan")
    on = _day(asked, "on")
    match asked.said("turn"):
        case "begin":
            return await subscribing.subscribe(unit, ref, plan, on=on, by=by)
        case "change":
            return await subscribing.change_plan(unit, ref, plan, on=on, by=by)
        case "pause":
            return await subscribing.pause(unit, ref, on=on, by=by)
        case "resume":
            return await subscribing.resume(unit, ref, on=on, by=by)
        case "end":
            return await subscribing.end(unit, ref, on=on, by=by)
        case "keep":
            return await subscribing.keep_on(unit, ref, by=by)
        case _:
            raise UnknownPlan(plan)


async def top_up(asked: Asked) -> Response:
    """From the stored card."""
    async with asked.unit() as unit:
        customer = await _theirs(asked, unit)
        payment = await wallets.top_up(
            unit,
            customer.ref,
            _amount(asked, "amount"),
            account=asked.said("account"),
            return_url=None,
            stored=True,
            away=True,
            by=asked.visitor.name,
        )
    return asked.done(f"/payments/{payment.ref}", asked.say("It is in the wallet as soon as the provider has it."))


async def refill(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _theirs(asked, unit)
        wanted = None
        if asked.said("stop") != "yes":
            wanted = Refill(
                below=_amount(asked, "below"), amount=_amount(asked, "amount"), account=asked.said("account")
            )
        await allowing.refill(unit, customer.ref, wanted, by=asked.visitor.name)
    return asked.done(f"/customers/{customer.ref}", asked.say("Kept."))


async def pay_out(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _theirs(asked, unit)
        reason = asked.said("reason") or "wallet paid out"
        amount = _amount(asked, "amount") if asked.said("amount") else None
        await wallets.pay_out(unit, customer.ref, amount, reason=reason, by=asked.visitor.name)
    return asked.done(f"/customers/{customer.ref}", asked.say("It goes back where it came from."))


async def redeem(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _theirs(asked, unit)
        await giving.redeem(unit, customer.ref, asked.said("code")[:60], by=asked.visitor.name)
    return asked.done(f"/customers/{customer.ref}", asked.say("The voucher pays their next invoices."))


async def stand(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await _theirs(asked, unit)
        standing = CustomerStanding.STOPPED if asked.said("stop") == "yes" else CustomerStanding.GOOD
        await allowing.stand(unit, customer.ref, standing, why=asked.said("why"), by=asked.visitor.name)
    return asked.done(f"/customers/{customer.ref}", asked.say("Kept; their cards say so at once."))


# ---- Vouchers


async def list_vouchers(asked: Asked) -> Response:
    return await _vouchers(asked, ())


async def make_vouchers(asked: Asked) -> Response:
    """The codes stand on this answer alone, so it is no way on to another page."""
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        party = await parties.fetch(unit, holder)
        batch = Batch(
            holder=holder,
            ref=asked.said("ref")[:40],
            name=asked.said("name"),
            worth=_amount(asked, "worth"),
            currency=party.currency,
            many=asked.number("many") or 0,
            sold=asked.said("sold") == "yes",
            expires_on=_day(asked, "expires_on"),
            made_at=unit.now,
            made_by="",
        )
        made = await giving.make(unit, batch, by=asked.visitor.name)
    return await _vouchers(asked, made.codes)


async def end_vouchers(asked: Asked) -> Response:
    """Raises UnknownBatch, NothingEnded."""
    async with asked.unit() as unit:
        yours(asked.visitor, (await giving.batch(unit, asked.part("ref"))).holder)
        await ending.take_as_income(unit, asked.part("ref"), by=asked.visitor.name)
    return asked.done("/vouchers", asked.say("It is income now, and not owed any more."))


async def _vouchers(asked: Asked, codes: Sequence[str]) -> Response:
    async with asked.unit() as unit:
        found = await ending.counts(unit, asked.visitor.holder)
        days = {str(one.holder): unit.now.astimezone(zone_of(one)).date() for one in asked.parties}
        fresh = unit.new_id()
    own = asked.visitor.holder
    return asked.page(
        "vouchers.html",
        path="/vouchers",
        found=[(one, over(one.batch, days[str(one.holder)])) for one in found],
        codes=codes,
        fresh=fresh,
        holders=[(str(one.holder), f"{one.holder} · {one.name}") for one in asked.parties if own in (None, one.holder)],
    )


# ---- Their own


async def my_plan(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        money = await money_of(unit, customer)
        home = await home_of(unit, customer)
        vat = (await parties.fetch(unit, customer.holder)).vat_percent
    return asked.page("my_plan.html", me=mine.me(asked, customer), money=money, home=home, vat=vat)


async def turn_mine(asked: Asked) -> Response:
    async with asked.unit() as unit:
        await turned(asked, unit, await mine.customer_of(asked, unit))
    return asked.done("/my/plan", asked.say("Done: the plan says so from that day on."))


async def redeem_mine(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        await giving.redeem(unit, customer.ref, asked.said("code")[:60], by=asked.visitor.name)
    return asked.done("/my/plan", asked.say("The voucher pays your next invoices."))


async def top_up_mine(asked: Asked) -> Response:
    """On to the provider's own page, as soon as there is one: until then, to where it is waited for."""
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        money = await money_of(unit, customer)
        stored = customer.card is not None and asked.said("stored") == "yes"
        if not money.accounts:
            raise UnfitWallet("account", "nobody takes payments here yet")
        await wallets.top_up(
            unit,
            customer.ref,
            _amount(asked, "amount"),
            account=money.accounts[0][0],
            return_url=f"{asked.console.url}/my/plan",
            stored=stored,
            by=asked.visitor.name,
        )
    asked.console.database.wake()
    return asked.done("/my/plan", asked.say("The payment is on its way. It stands below."))


# ---- What forms say


async def _theirs(asked: Asked, unit: Unit) -> Customer:
    """Raises UnknownCustomer, NotYours."""
    customer = await customers.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, customer.holder)
    return customer


def _amount(asked: Asked, name: str) -> Decimal:
    """Raises UnfitWallet."""
    text = asked.said(name).replace(",", ".").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise UnfitWallet(name, "an amount is meant") from error
    if not amount.is_finite() or not 0 <= amount <= 1_000_000:
        raise UnfitWallet(name, "an amount is meant")
    return amount


def _day(asked: Asked, name: str) -> date | None:
    """Raises UnfitPlan."""
    try:
        return date.fromisoformat(asked.said(name)) if asked.said(name) else None
    except ValueError as error:
        raise UnfitPlan(name, "a day, as 2026-12-01") from error


_MONEY = (Role.FINANCE,)

DOORS: tuple[Door, ...] = (
    do("/customers/{ref}/subscription", subscribe, Role.SUPPORT, also=_MONEY),
    do("/customers/{ref}/top-up", top_up, Role.SUPPORT, also=_MONEY),
    do("/customers/{ref}/refill", refill, Role.SUPPORT, also=_MONEY),
    do("/customers/{ref}/pay-out", pay_out, Role.FINANCE),
    do("/customers/{ref}/vouchers", redeem, Role.SUPPORT, also=_MONEY),
    do("/customers/{ref}/standing", stand, Role.FINANCE),
    see("/vouchers", list_vouchers),
    do("/vouchers", make_vouchers, Role.FINANCE),
    do("/vouchers/{ref}/income", end_vouchers, Role.FINANCE),
    see("/my/plan", my_plan, Role.DRIVER),
    do("/my/plan", turn_mine, Role.DRIVER),
    do("/my/plan/voucher", redeem_mine, Role.DRIVER),
    do("/my/plan/top-up", top_up_mine, Role.DRIVER),
)
