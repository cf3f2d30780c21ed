"""Verbs about payments: ask for one, say what is kept of it, give back, and hear what its provider tells unasked.

They say what is wanted, in one Unit; `going_on` has it done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.payments import rules, steps
from laddnav.payments.actions import accounts
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Heard, Payment, Purpose, Refund, RefundState, State, Timeline
from laddnav.payments.rules import UnknownPayment, UnknownRefund
from laddnav.payments.store import cards
from laddnav.payments.store import payments as store
from laddnav.people import actions as people


async def begin(
    unit: Unit,
    account_ref: str,
    *,
    purpose: Purpose,
    about: str,
    credits: str,
    currency: str,
    amount: Decimal,
    charge: bool,
    by: str,
    method: str | None = None,
    customer: str | None = None,
    return_url: str | None = None,
    away: bool = False,
    patience: timedelta = steps.PATIENCE,
) -> Payment:
    """`charge`: all of it is to be kept, as soon as it is there; otherwise it is held until `keep` says how much.
    `away`: its card is stored, and nobody who could be seen by a bank is waiting for this.

    Raises UnknownPaymentAccount, UnfitPayment.
    """
    account = await accounts.by_ref(unit, account_ref)
    payment = Payment(
        holder=account.holder,
        ref=unit.new_id(),
        account=account.ref,
        provider=account.provider,
        purpose=purpose,
        about=about,
        credits=credits,
        currency=currency,
        hold=amount,
        keep=amount if charge else None,
        method=method,
        customer=customer,
        return_url=return_url,
        away=away,
        made_at=unit.now,
        made_by=by,
        expires_at=unit.now + patience,
        changed_at=unit.now,
    )
    rules.fit_payment(payment, account)
    store.insert(unit, payment, unit.now)
    unit.announce(PaymentChanged(holder=payment.holder, ref=payment.ref))
    return payment


async def hold(unit: Unit, ref: str, amount: Decimal) -> Payment:
    """Have so much held, which is more than before; a provider that cannot leaves it as it was.

    Raises UnknownPayment, PaymentOver, UnfitPayment.
    """
    payment = await locked(unit, ref)
    if payment.keep is not None:
        raise rules.PaymentOver(ref, "what is kept of it is known already")
    if amount <= payment.hold:
        return payment
    rules.in_whole_coins(amount, payment.currency)
    return _want(unit, replace(payment, hold=amount))


async def keep(unit: Unit, ref: str, amount: Decimal) -> Payment:
    """So much is ours in the end, zero for nothing; what is held beside it is released. Again the same is nothing.

    Raises UnknownPayment, PaymentOver, UnfitPayment.
    """
    payment = await locked(unit, ref)
    if payment.keep == amount:
        return payment
    if payment.keep is not None:
        raise rules.PaymentOver(ref, f"{payment.keep} {payment.currency} are kept of it already")
    if amount:
        rules.in_whole_coins(amount, payment.currency)
    return _want(unit, replace(payment, keep=amount, hold=max(payment.hold, amount)))


async def give_up(unit: Unit, ref: str) -> Payment:
    """Nobody waits for it any more, and nothing is taken; what is held or paid stays. Raises UnknownPayment."""
    payment = await locked(unit, ref)
    if payment.state not in (State.ASKED, State.WAITING) or payment.keep == steps.ZERO:
        return payment
    return _want(unit, replace(payment, keep=steps.ZERO))


async def give_back(unit: Unit, ref: str, amount: Decimal) -> Payment:
    """So much less of it is ours than was known: a charge was credited. Raises UnknownPayment, TooMuchBack."""
    payment = await locked(unit, ref)
    rules.in_whole_coins(amount, payment.currency)
    left = (payment.keep or steps.ZERO) - payment.back
    if amount > left:
        raise rules.TooMuchBack(left, payment.currency)
    return _want(unit, replace(payment, back=payment.back + amount))


async def try_again(unit: Unit, ref: str, *, by: str) -> Payment:
    """A person has looked, and what the provider refused is asked for once more. Raises UnknownPayment."""
    payment = await locked(unit, ref)
    people.note(unit, by, "try payment again", f"payment {ref}", payment.trouble or "")
    return _want(unit, replace(steps.troubled(payment, None), blocked=None))


async def accept(unit: Unit, ref: str, *, by: str) -> Payment:
    """It is left at what the provider shows, though it is less than was wanted. Raises UnknownPayment."""
    payment = await locked(unit, ref)
    short = steps.lacking(payment)
    if not short:
        return payment
    people.note(unit, by, "accept payment", f"payment {ref}", f"{short} {payment.currency} less")
    return _want(unit, steps.left_as_it_is(payment))


def _want(unit: Unit, payment: Payment) -> Payment:
    payment = replace(payment, changed_at=unit.now)
    store.update(unit, payment, unit.now)
    unit.announce(PaymentChanged(holder=payment.holder, ref=payment.ref))
    return payment


# ---- Refunds


async def refund(unit: Unit, ref: str, amount: Decimal, reason: str, *, by: str, support: bool = False) -> Refund:
    """Given back at once, or when a second person agrees: above what its account lets one do alone.

    `support`: whoever asks helps drivers and moves no money, so that it always takes a second person.
    Raises UnknownPayment, TooMuchBack, BeyondSupport, UnfitPayment.
    """
    payment = await locked(unit, ref)
    account = await accounts.by_ref(unit, payment.account)
    asked = [one for one in await store.refunds(unit, payment) if one.state is RefundState.WAITING]
    waiting = sum((one.amount for one in asked), steps.ZERO)
    rules.may_give_back(payment, amount, waiting)
    alone = rules.given_back_at_once(account, payment, amount, waiting, support=support)
    one = Refund(
        holder=payment.holder,
        ref=unit.new_id(),
        payment=ref,
        amount=amount,
        reason=reason,
        state=RefundState.GRANTED if alone else RefundState.WAITING,
        asked_by=by,
        asked_at=unit.now,
        decided_by=by if alone else None,
        decided_at=unit.now if alone else None,
    )
    store.put_refund(unit, one)
    people.note(unit, by, "refund", f"payment {ref}", f"{amount} {payment.currency}: {reason}")
    _want(unit, replace(payment, back=payment.back + amount) if alone else payment)
    return one


async def decide(unit: Unit, ref: str, *, grant: bool, by: str) -> Refund:
    """A second person says yes or no; whoever asked for it may take it back, and not grant it.

    Raises UnknownRefund, RefundDecided, NotAlone.
    """
    one = await store.lock_refund(unit, ref)
    if one is None:
        raise UnknownRefund(ref)
    if one.state is not RefundState.WAITING:
        raise rules.RefundDecided(ref)
    if grant and one.asked_by == by:
        raise rules.NotAlone
    payment = await locked(unit, one.payment)
    state = RefundState.GRANTED if grant else RefundState.DECLINED
    one = replace(one, state=state, decided_by=by, decided_at=unit.now)
    store.put_refund(unit, one)
    people.note(unit, by, "grant refund" if grant else "decline refund", f"payment {one.payment}", str(one.amount))
    _want(unit, replace(payment, back=payment.back + one.amount) if grant else payment)
    return one


async def refund_by_ref(unit: Unit, ref: str) -> Refund:
    """Raises UnknownRefund."""
    one = await store.lock_refund(unit, ref)
    if one is None:
        raise UnknownRefund(ref)
    return one


# ---- What providers tell unasked


async def hear(
    unit: Unit, collector: Collector, account_ref: str, path: str, headers: Mapping[str, str], body: bytes
) -> str | None:
    """The ref of the payment that it is about, which is looked up now; None: none of ours. Again it is nothing.

    Raises UnknownPaymentAccount, NotFromThem, Unreadable.
    """
    account, sealed = await accounts.kept(unit, account_ref)
    heard = collector.provider(account, sealed).read_hook(path, headers, body, unit.now)
    if heard.card is not None or heard.method is not None:
        cards.wake(unit, account_ref, heard.card, heard.method)
    payment = await _named(unit, account_ref, heard)
    if payment is None or not await store.insert_heard(unit, payment, heard.id[:200], heard.what[:200]):
        return None
    store.wake(unit, payment.ref)
    return payment.ref


def look_now(unit: Unit, ref: str) -> None:
    """Its provider is asked within a second how it stands."""
    store.wake(unit, ref)


async def _named(unit: Unit, account: str, heard: Heard) -> Payment | None:
    if heard.payment is None and heard.provider_id is None:
        return None
    return await store.named(unit, account, heard.payment, heard.provider_id)


# ---- Reads


async def by_ref(unit: Unit, ref: str) -> Payment:
    """Raises UnknownPayment."""
    payment = await store.payment(unit, ref)
    if payment is None:
        raise UnknownPayment(ref)
    return payment


async def locked(unit: Unit, ref: str) -> Payment:
    """For whoever reckons with what is kept of it: nobody else changes that until the Unit ends.

    Raises UnknownPayment.
    """
    payment = await store.payment(unit, ref, lock=True)
    if payment is None:
        raise UnknownPayment(ref)
    return payment


async def timeline(unit: Unit, ref: str) -> Timeline:
    """Raises UnknownPayment."""
    payment = await by_ref(unit, ref)
    return Timeline(
        holder=payment.holder,
        payment=payment,
        calls=tuple(await store.calls(unit, payment)),
        refunds=tuple(await store.refunds(unit, payment)),
        heard=tuple(await store.heard(unit, payment)),
    )


async def page(
    unit: Unit,
    holder: PartyId | None,
    *,
    about: str | None = None,
    troubled: bool = False,
    held: bool = False,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[Payment]:
    """Newest first; the last ref is the next `before`.

    `troubled`: those alone that a person has to look at; `held`: of which something is kept that nobody has paid.
    """
    return await store.listed(unit, holder, before=before, about=about, troubled=troubled, held=held, limit=limit)


async def numbered(unit: Unit, account: str, number: str) -> Payment | None:
    """That of this account with this number, ours or the provider's."""
    return await store.named(unit, account, number, number)


async def by_card(unit: Unit, holder: PartyId | None, digits: str, *, limit: int = 50) -> Sequence[Payment]:
    """What was paid by cards that end in these four digits, where the provider told them; newest first."""
    return await store.by_card(unit, holder, digits, limit)


async def of_debtors(unit: Unit, holder: PartyId, debtor_ids: Collection[str], *, limit: int = 50) -> Sequence[Payment]:
    """What was paid for what these owe, or was to be; newest first."""
    return await store.crediting(unit, holder, [f"receivable:{one}" for one in debtor_ids], limit)


async def refunds_waiting(unit: Unit, holder: PartyId | None) -> Sequence[Refund]:
    """For a second person, the oldest first."""
    return await store.refunds_waiting(unit, holder)
