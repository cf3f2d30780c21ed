"""Carries payments on: what is wanted next is kept, asked of the provider with nothing open, and its answer kept.

So it survives being killed between any two statements: what was kept and not answered is looked up and asked again with
its key. A payment is looked at again by itself as time goes, so a difference is found though nobody told us of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.outside import Exchange
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.kit.seal import Seal
from laddnav.ledger import actions as ledger
from laddnav.payments import postings, steps, trouble
from laddnav.payments.actions import due
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Account, Call, Outcome, Payment, ProviderKind, Secrets, Seen, State, Step
from laddnav.payments.providers import PROVIDERS, Opener
from laddnav.payments.providers.port import Declined, Provider
from laddnav.payments.store import accounts
from laddnav.payments.store import payments as store

log = structlog.get_logger()

AT_ONCE = 20  # payments that one process carries on side by side
TURN = timedelta(minutes=2)  # for one call with what is looked up before and after; a provider has ten seconds for each
ROUNDS = 8  # of one payment, one after the other, before it waits for its next turn


class _Turn(Struct, frozen=True, kw_only=True):
    """What one round is about: a call, or none where the payment is only looked up."""

    name: str
    payment: Payment
    account: Account
    sealed: str
    call: Call | None


class _Answered(Struct, frozen=True, kw_only=True):
    """`seen` None: it is not known there. `why`: what it said no with. `unsure`: what kept us from knowing.

    `lost`: the call never arrived, and if it is still wanted, another is made.
    """

    seen: Seen | None = None
    why: str | None = None
    lost: bool = False
    unsure: str | None = None


class Collector:
    """Asks providers, for one process."""

    def __init__(
        self,
        database: Database,
        exchange: Exchange,
        seal: Seal,
        url: str,
        providers: Mapping[ProviderKind, Opener] = PROVIDERS,
    ) -> None:
        """`url` is where others reach us."""
        self._database = database
        self._exchange = exchange
        self._seal = seal
        self._url = url
        self._providers = providers
        self._opened: dict[str, tuple[Account, str, Provider]] = {}

    async def go_on_due(self) -> int:
        """Each whose time has come; how many those were."""
        async with self._database.unit() as unit:
            found = await store.due(unit, AT_ONCE)
        return await due.all_of(found, self.go_on)

    async def go_on(self, ref: str) -> None:
        """As far as it goes now. Whoever waits for it looks at the payment afterwards."""
        for _ in range(ROUNDS):
            async with self._database.unit() as unit:
                turn = await self._begin(unit, ref)
            if turn is None:
                return
            answered = await self._ask(turn)
            async with self._database.unit() as unit:
                goes_on = await self._end(unit, turn, answered)
            self._database.wake()
            if not goes_on:
                return

    def provider(self, account: Account, sealed: str) -> Provider:
        """Raises WrongKey."""
        known = self._opened.get(account.ref)
        if known is not None and known[:2] == (account, sealed):
            return known[2]
        secrets = json.decode(self._seal.opened(sealed), Secrets)
        hook_url = f"{self._url}/hooks/payments/{account.ref}"
        provider = self._providers[account.provider](account, secrets, self._exchange, hook_url)
        self._opened[account.ref] = (account, sealed, provider)
        return provider

    # One round: a Unit, a question, a Unit

    async def _begin(self, unit: Unit, ref: str) -> _Turn | None:
        """The call is kept before it is made. None: somebody else is at it, or nothing was ever asked for."""
        name = unit.new_id()
        taken = await store.take(unit, ref, name, unit.now + TURN)
        if taken is None:
            return None
        payment = _expired(taken, unit.now)
        call = await store.open_call(unit, payment)
        if call is None:
            call = await self._next_call(unit, payment)
            if call is not None and call.step is Step.REFUND:
                payment = replace(payment, refund_keys=(*payment.refund_keys, call.key))
        if call is not None:
            call = replace(call, tries=call.tries + 1)
            store.put_call(unit, call)
        elif payment.state is State.ASKED:
            # Given up before anything was asked of anybody.
            payment = replace(payment, state=State.RELEASED, version=payment.version + 1, changed_at=unit.now)
            store.end_turn(unit, payment, None)
            unit.announce(PaymentChanged(holder=payment.holder, ref=ref))
            return None
        kept = await accounts.account(unit, payment.account)
        assert kept is not None, "an account is never forgotten"
        if payment != taken:
            store.update(unit, payment, unit.now + TURN)
        return _Turn(name=name, payment=payment, account=kept[0], sealed=kept[1], call=call)

    async def _next_call(self, unit: Unit, payment: Payment) -> Call | None:
        """None where a person has to look first, or nothing is to be asked for."""
        step = steps.next_step(payment)
        if step is None or step[0] is payment.blocked:
            return None
        number = len(await store.calls(unit, payment)) + 1
        what, amount = step
        return Call(
            holder=payment.holder,
            payment=payment.ref,
            number=number,
            step=what,
            key=unit.new_id(),
            amount=amount,
            until=steps.until(payment, what, amount),
            asked_at=unit.now,
        )

    async def _ask(self, turn: _Turn) -> _Answered:
        payment, call = turn.payment, turn.call
        try:
            provider = self.provider(turn.account, turn.sealed)
            if call is None or call.tries > 1:
                seen = await provider.look_up(payment)
                if call is None or (seen is not None and steps.is_done(call, seen)):
                    return _Answered(seen=seen)
                if steps.is_forgotten(call, self._database.clock.now()):
                    return _Answered(seen=seen, lost=True)
            try:
                return _Answered(seen=await _made(provider, payment, call))
            except Declined as error:
                return await _declined(provider, payment, call, str(error))
        except (Refusal, Trouble) as error:
            return _Answered(unsure=str(error) or type(error).__name__)

    async def _end(self, unit: Unit, turn: _Turn, answered: _Answered) -> bool:
        """Whether to go on at once."""
        payment = await store.with_turn(unit, turn.payment.ref, turn.name)
        if payment is None:
            return False
        now, call = unit.now, turn.call
        if answered.unsure is not None:
            return self._unsure(unit, payment, call, answered.unsure)
        after = _after(payment, call, answered, now)
        if call is not None:
            no = answered.why or ("It never arrived" if answered.lost else None)
            outcome = Outcome.DONE if no is None else Outcome.REFUSED
            store.put_call(unit, replace(call, answered_at=now, outcome=outcome, answer=no and no[:500]))
        else:
            after = replace(after, looks=after.looks + 1)
        for entry in postings.entries(payment, after):
            await ledger.post(unit, payment.holder, entry)
        goes_on = _goes_on(after)
        store.end_turn(unit, after, now if goes_on else _look_at(after, now))
        _announce(unit, payment, after)
        return goes_on

    def _unsure(self, unit: Unit, payment: Payment, call: Call | None, why: str) -> bool:
        log.warning("payment_unsure", payment=payment.ref, why=why)
        if call is None:
            after = replace(payment, looks=payment.looks + 1)
            store.end_turn(unit, after, steps.look_again_at(after, unit.now))
            return False
        unsure = trouble.Trouble(kind=trouble.TroubleKind.UNSURE, said=why)
        after = steps.troubled(payment, unsure) if call.tries >= len(steps.RETRIES) else payment
        store.end_turn(unit, after, steps.try_again_at(call, unit.now))
        _announce(unit, payment, after)
        return False


async def _made(provider: Provider, payment: Payment, call: Call) -> Seen:
    """Raises Declined, Unsure."""
    match call.step:
        case Step.AUTHORISE:
            return await provider.authorise(replace(payment, hold=call.amount), call.key)
        case Step.RAISE:
            return await provider.raise_hold(payment, call.amount, call.key)
        case Step.CAPTURE:
            return await provider.capture(payment, call.amount, call.key)
        case Step.RELEASE:
            return await provider.release(payment, call.key)
        case Step.REFUND:
            return await provider.refund(payment, call.amount, call.key)


async def _declined(provider: Provider, payment: Payment, call: Call, why: str) -> _Answered:
    """It may have been done already: by an earlier try, or by somebody at the provider's own console. Raises Unsure."""
    if call.step is Step.AUTHORISE:
        return _Answered(why=why)
    seen = await provider.look_up(payment)
    return _Answered(seen=seen, why=None if seen is not None and steps.is_done(call, seen) else why)


def _after(payment: Payment, call: Call | None, answered: _Answered, now: datetime) -> Payment:
    after = payment
    if answered.seen is not None:
        try:
            after = steps.agreed(payment, answered.seen, now)
        except steps.Contradicted as error:
            shown = trouble.Trouble(kind=trouble.TroubleKind.CONTRADICTED, was=error.was, shown=error.shown)
            return steps.troubled(payment, shown)
    if call is not None and answered.why is not None:
        after = steps.refused(after, call, answered.why, now)
    return steps.looked_over(after)


def _expired(payment: Payment, now: datetime) -> Payment:
    """Who did not finish paying in time has given up."""
    late = payment.state in (State.ASKED, State.WAITING) and payment.expires_at <= now
    return replace(payment, keep=steps.ZERO) if late else payment


def _goes_on(payment: Payment) -> bool:
    step = steps.next_step(payment)
    if step is None:
        return payment.state is State.ASKED
    return step[0] is not payment.blocked


def _look_at(payment: Payment, now: datetime) -> datetime | None:
    """Not later than it expires."""
    at = steps.look_again_at(payment, now)
    waits = payment.state in (State.ASKED, State.WAITING)
    return min(at, max(payment.expires_at, now)) if at is not None and waits else at


def _announce(unit: Unit, before: Payment, after: Payment) -> None:
    if (before.version, before.trouble) != (after.version, after.trouble):
        unit.announce(PaymentChanged(holder=after.holder, ref=after.ref))
