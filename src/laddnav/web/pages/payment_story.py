"""What happened to a payment, in one order of time: what we asked, what the provider did, what the driver saw of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.ledger.model import Posted
from laddnav.payments.payment import Call, Outcome, RefundState, Step, Timeline
from laddnav.web.asked import Asked
from laddnav.web.words import N_

DONE = {
    Step.AUTHORISE: N_("On hold"),
    Step.RAISE: N_("Held more"),
    Step.CAPTURE: N_("Taken"),
    Step.RELEASE: N_("Released"),
    Step.REFUND: N_("Given back"),
}
# What an entry of the ledger is for, by how its key ends.
BOOKED = {
    "captured": N_("Booked: taken"),
    "refunded": N_("Booked: given back"),
    "charged back": N_("Booked: taken back by the bank"),
    "fees": N_("Booked: fees"),
}
# What whoever pays finds in the app of their bank, in the words of somebody who explains it on the telephone.
SEEN = {
    Step.AUTHORISE: N_("The driver sees this held: nobody has paid it yet."),
    Step.RAISE: N_("The driver sees more held than before."),
    Step.CAPTURE: N_("The driver sees this taken. The rest is let go, which some banks show days later."),
    Step.RELEASE: N_("The driver sees nothing held any more, as soon as the bank shows it."),
    Step.REFUND: N_("The driver sees it come back, on a card within ten days."),
}


class Told(Struct, frozen=True, kw_only=True):
    """`who` is us, the provider, the ledger or a person by name; `seen` is what the driver saw of it."""

    at: datetime
    who: str
    what: str
    amount: Decimal | None = None
    note: str | None = None
    seen: str | None = None
    href: str | None = None
    tone: str | None = None


def story(asked: Asked, timeline: Timeline, posted: Sequence[Posted], provider: str) -> list[Told]:
    """The first thing first."""
    payment = timeline.payment
    begun = Told(at=payment.made_at, who=payment.made_by, what=asked.say("Asked for it"), amount=payment.hold)
    told = [begun, *(_call(asked, one, provider) for one in timeline.calls)]
    told += [Told(at=one.at, who=provider, what=asked.say("Told us unasked"), note=one.what) for one in timeline.heard]
    for one in sorted(posted, key=lambda one: one.id):
        first = one.entry.postings[0]
        href = f"/ledger/entries/{one.id}?party={payment.holder}"
        words = f"{first.account} → {one.entry.postings[1].account}"
        what = next(
            (asked.say(said) for end, said in BOOKED.items() if one.entry.key.endswith(f" {end}")), one.entry.what
        )
        told.append(Told(at=one.at, who=asked.say("Ledger"), what=what, amount=first.amount, note=words, href=href))
    told += _refunds(asked, timeline)
    return sorted(told, key=lambda one: one.at)


def _call(asked: Asked, one: Call, provider: str) -> Told:
    asks = asked.term(f"STEP_{one.step}")
    tries = asked.say("asked %(count)s times", count=one.tries) if one.tries > 1 else None
    if one.outcome is Outcome.DONE:
        seen = asked.say(SEEN[one.step]) if one.step in SEEN else None
        what = asked.say(DONE[one.step]) if one.step in DONE else asks
        at = one.answered_at or one.asked_at
        return Told(at=at, who=provider, what=what, amount=one.amount, note=tries, seen=seen, tone="good")
    note = ". ".join(each for each in (one.answer, tries) if each)
    if one.outcome is None:
        return Told(at=one.asked_at, who=asked.say("We"), what=asks, amount=one.amount, note=note or None, tone="live")
    at = one.answered_at or one.asked_at
    what = asked.say("Said no: %(step)s", step=asks)
    return Told(at=at, who=provider, what=what, amount=one.amount, note=note or None, tone="bad")


def _refunds(asked: Asked, timeline: Timeline) -> Iterator[Told]:
    for one in timeline.refunds:
        wants = asked.say("Wants to give back")
        yield Told(at=one.asked_at, who=one.asked_by, what=wants, amount=one.amount, note=one.reason)
        if one.decided_at and one.decided_by and one.decided_by != one.asked_by:
            agreed = one.state is RefundState.GRANTED
            what = asked.say("Agreed to it") if agreed else asked.say("Declined it")
            tone = "good" if agreed else "warn"
            yield Told(at=one.decided_at, who=one.decided_by, what=what, amount=one.amount, tone=tone)
