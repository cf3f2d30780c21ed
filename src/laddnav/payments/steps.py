"""What a payment may become, what is asked of its provider next, and what its answer makes of it; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.payments.payment import Call, Payment, Seen, State, Step
from laddnav.payments.trouble import Trouble, TroubleKind

ZERO = Decimal(0)

# Who does not finish paying in this time is not waited for.
PATIENCE = timedelta(minutes=15)
# For so long providers know a call again by its key: a day at Stripe, and we stay well inside.
KNOWN_AGAIN = timedelta(hours=20)
# How long after the last look we look again, so that what nobody told us is found all the same; a bank takes money
# back within 120 days. The last one is repeated while something is open.
LOOKS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=30),
    timedelta(days=45),
    timedelta(days=45),
)
RETRIES = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))

# What a provider may show of a payment that we believe to be so. What was captured stays captured; that something was
# held or captured after all, though we were told otherwise, is believed, for it is somebody's money.
MOVES = {
    State.ASKED: frozenset(State) - {State.ASKED},
    State.WAITING: frozenset(State) - {State.ASKED},
    State.HELD: {State.HELD, State.CAPTURED, State.RELEASED},
    State.CAPTURED: {State.CAPTURED},
    State.RELEASED: {State.RELEASED, State.REFUSED, State.HELD, State.CAPTURED},
    State.REFUSED: frozenset(State) - {State.ASKED},
}
# What was refused, and a person has to look at.
REFUSED = {
    Step.CAPTURE: TroubleKind.CAPTURE_REFUSED,
    Step.RELEASE: TroubleKind.RELEASE_REFUSED,
    Step.REFUND: TroubleKind.REFUND_REFUSED,
}
OVER = frozenset({State.CAPTURED, State.RELEASED, State.REFUSED})


class Contradicted(Exception):
    """The provider shows what cannot have become of what it showed before."""

    def __init__(self, was: State, shown: State) -> None:
        super().__init__(f"The provider shows {shown.value} of a payment that was {was.value}")
        self.was, self.shown = was, shown


def moved(state: State, seen: State) -> State:
    """Raises Contradicted, naming both, for every pair that is not in the table."""
    if seen not in MOVES[state]:
        raise Contradicted(state, seen)
    return seen


def next_step(payment: Payment) -> tuple[Step, Decimal] | None:
    """What to ask for, and of how much: for a hold and a capture that is the total, for a refund the difference.

    None: what the provider has done is what we want, or more than a provider can do.
    """
    keep = ZERO if payment.state in (State.RELEASED, State.REFUSED) else payment.keep
    if payment.state is State.ASKED:
        return None if keep == ZERO else (Step.AUTHORISE, payment.hold)
    if payment.captured:
        if keep is not None and payment.net > keep - payment.back:
            return Step.REFUND, payment.net - max(keep - payment.back, ZERO)
        return (Step.RELEASE, payment.held) if payment.held and keep is not None else None
    if payment.state is State.WAITING:
        return (Step.RELEASE, payment.hold) if keep == ZERO else None
    if not payment.held:
        return None
    if payment.hold > payment.held and (keep is None or keep > payment.held):
        return Step.RAISE, payment.hold
    if keep is None:
        return None
    if keep == ZERO:
        return Step.RELEASE, payment.held
    return Step.CAPTURE, min(keep, payment.held)


def until(payment: Payment, step: Step, amount: Decimal) -> Decimal:
    """The total that tells that a step was done."""
    return payment.refunded + amount if step is Step.REFUND else amount


def is_done(call: Call, seen: Seen) -> bool:
    """Whether a call whose answer nobody heard was carried out all the same, by what the provider shows now."""
    match call.step:
        case Step.AUTHORISE:
            return True
        case Step.RAISE:
            return seen.held >= call.until or seen.state in OVER
        case Step.CAPTURE:
            return seen.captured >= call.until or seen.state is State.RELEASED
        case Step.RELEASE:
            return not seen.held and seen.state in OVER
        case Step.REFUND:
            return seen.refunded >= call.until


def agreed(payment: Payment, seen: Seen, now: datetime) -> Payment:
    """As the provider shows it. Raises Contradicted."""
    after = replace(
        payment,
        state=moved(payment.state, seen.state),
        provider_id=seen.provider_id,
        held=seen.held,
        captured=seen.captured,
        refunded=seen.refunded,
        charged_back=seen.charged_back,
        let_go=min(payment.let_go, seen.charged_back),
        fees=max(payment.fees, seen.fees),
        paid_with=seen.paid_with or payment.paid_with,
        action=seen.action,
        why=seen.why,
    )
    if after == payment:
        return payment
    return replace(after, version=payment.version + 1, looks=0, changed_at=now)


def refused(payment: Payment, call: Call, why: str, now: datetime) -> Payment:
    """A provider says no: to a hold, that ends it; to a higher one, the lower stays; to the rest, a person looks."""
    changed = replace(payment, version=payment.version + 1, changed_at=now)
    if call.step is Step.AUTHORISE:
        return replace(changed, state=State.REFUSED if payment.state is State.ASKED else payment.state, why=why)
    if call.step is Step.RAISE:
        return replace(changed, hold=payment.held)
    return replace(troubled(changed, Trouble(kind=REFUSED[call.step], said=why)), blocked=call.step)


def troubled(payment: Payment, trouble: Trouble | None) -> Payment:
    """None: a person has nothing to look at any more."""
    return replace(payment, trouble=None if trouble is None else str(trouble), trouble_is=trouble)


def looked_over(payment: Payment) -> Payment:
    """With what a person has to look at by now: a step that was refused and is still wanted, or money that lacks."""
    step = next_step(payment)
    if payment.blocked is not None and step is not None and step[0] is payment.blocked:
        return payment
    payment, short = replace(payment, blocked=None), lacking(payment)
    if not short:
        return troubled(payment, None)
    by_the_bank = payment.charged_back > payment.let_go
    given_back = TroubleKind.TAKEN_BACK if by_the_bank else TroubleKind.GIVEN_BACK
    kind = TroubleKind.NOT_TAKEN if payment.net == payment.captured else given_back
    return troubled(payment, Trouble(kind=kind, amount=short, currency=payment.currency))


def is_settled(payment: Payment) -> bool:
    """Nothing is wanted that has not happened, and nothing held that is not needed."""
    return payment.state in OVER and next_step(payment) is None and not payment.held


def lacking(payment: Payment) -> Decimal:
    """What was to be kept and could not be: the hold was lower or ran out, or somebody took it back."""
    if payment.keep is None or payment.state not in (State.CAPTURED, State.RELEASED):
        return ZERO
    return max(payment.wanted - payment.net - payment.let_go, ZERO)


def left_as_it_is(payment: Payment) -> Payment:
    """By a person's word: what lacks is missed no more.

    Who paid owes again what their bank took back, as the ledger says; so it pays that, where the bank gives it again.
    The rest is asked for in another way, and goes back where it comes after all.
    """
    short = lacking(payment)
    by_the_bank = min(short, max(payment.charged_back - payment.let_go, ZERO))
    left = replace(payment, let_go=payment.let_go + by_the_bank, back=payment.back + short - by_the_bank, blocked=None)
    return looked_over(left) if short else payment


def never_taken(payment: Payment) -> Decimal:
    """What is lacking because the hold was lower or ran out; of what went back, a person knows why."""
    return lacking(payment) if payment.net == payment.captured else ZERO


def look_again_at(payment: Payment, now: datetime) -> datetime | None:
    """When to look at it without being told to; None: never."""
    if payment.looks >= len(LOOKS) and is_settled(payment):
        return None
    return now + LOOKS[min(payment.looks, len(LOOKS) - 1)]


def try_again_at(call: Call, now: datetime) -> datetime:
    return now + RETRIES[min(call.tries, len(RETRIES)) - 1]


def is_forgotten(call: Call, now: datetime) -> bool:
    """The provider may not know its key any more: said again, it could be done again."""
    return now - call.asked_at > KNOWN_AGAIN
