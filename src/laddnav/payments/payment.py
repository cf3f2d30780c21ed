"""A payment: what we want of a provider, what it has done, and every call that we made; an account at a provider."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.payments.trouble import Trouble


class ProviderKind(StrEnum):
    STRIPE = "STRIPE"  # cards: held before the charge, captured at its end
    SWISH = "SWISH"  # paid at once, in Sweden; what is too much is given back
    VIPPS = "VIPPS"  # Vipps MobilePay: held, then captured


class Purpose(StrEnum):
    """What is paid for."""

    SESSION = "SESSION"
    INVOICE = "INVOICE"
    TOP_UP = "TOP_UP"


class State(StrEnum):
    """How a payment stands; what was given back afterwards is told by its amounts."""

    ASKED = "ASKED"  # the provider has not said anything
    WAITING = "WAITING"  # whoever pays has to do something: a code, a face, a thumb
    HELD = "HELD"  # the amount is kept for us, and nobody has paid
    CAPTURED = "CAPTURED"  # paid
    RELEASED = "RELEASED"  # nothing is held any more, nothing was taken
    REFUSED = "REFUSED"  # the provider said no


class Step(StrEnum):
    """What can be asked of a provider."""

    AUTHORISE = "AUTHORISE"
    RAISE = "RAISE"
    CAPTURE = "CAPTURE"
    RELEASE = "RELEASE"
    REFUND = "REFUND"


class Outcome(StrEnum):
    DONE = "DONE"
    REFUSED = "REFUSED"


class Account(Struct, frozen=True, kw_only=True):
    """One of our parties at one provider. `merchant` is what the provider calls us, where it does not know by the key.

    `url` is where it is asked. A refund of more than `alone_up_to` needs a second person; None: none does. Support asks
    for refunds of at most `support_up_to` and agrees to none; None: of any size.
    """

    holder: PartyId
    ref: str
    provider: ProviderKind
    name: str
    url: str
    merchant: str = ""
    alone_up_to: Decimal | None = None
    support_up_to: Decimal | None = None
    enabled: bool = True
    changed_at: datetime
    changed_by: str


class Secrets(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What opens an account, sealed where it is kept. `hook` signs what the provider tells us unasked.

    `certificate` and `private_key` are PEM, for providers that want to see who calls them.
    """

    key: str = ""
    hook: str = ""
    client_id: str = ""
    subscription: str = ""
    certificate: str = ""
    private_key: str = ""

    def __repr__(self) -> str:
        """Without what it holds."""
        return "Secrets()"


class Payment(Struct, frozen=True, kw_only=True):
    """What we want, what the provider has done as far as we know, and how it stands.

    We want `hold` to be kept for us until it is known that we `keep` so much; of that we give `back` again. `keep`
    None: it is not known yet. `held` is kept for us now; the other amounts are totals: `captured`, of it `refunded`,
    taken back by the payer's bank (`charged_back`), and what the provider keeps (`fees`). Of what the bank took back, a
    person has `let_go` so much: it is missed no more, and stays ours where the bank gives it again.

    `paid_with` is what the provider tells of it, such as the brand and the last four digits of a card.

    `away`: whoever pays is not there as it begins, so that a bank need not see them where it need not.

    `credits` is the account of the ledger whose debt the money settles. `action` is where whoever pays goes on, `why`
    what the provider said no with. `trouble` is what a person has to look at, in English, `trouble_is` the same for
    pages (None: from before it had kinds), `blocked` a refused step that waits for that. `refund_keys` name the refunds
    that were asked for, to a provider that lists none. `version` counts what changed; `looks` how often we looked
    since.
    """

    holder: PartyId
    ref: str
    account: str
    provider: ProviderKind
    purpose: Purpose
    about: str
    credits: str
    currency: str
    hold: Decimal
    keep: Decimal | None = None
    back: Decimal = Decimal(0)
    method: str | None = None
    customer: str | None = None
    return_url: str | None = None
    away: bool = False
    state: State = State.ASKED
    provider_id: str | None = None
    refund_keys: tuple[str, ...] = ()
    held: Decimal = Decimal(0)
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    charged_back: Decimal = Decimal(0)
    let_go: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    paid_with: str | None = None
    action: str | None = None
    why: str | None = None
    trouble: str | None = None
    trouble_is: Trouble | None = None
    blocked: Step | None = None
    version: int = 0
    looks: int = 0
    made_at: datetime
    made_by: str
    expires_at: datetime
    changed_at: datetime

    @property
    def net(self) -> Decimal:
        """What of the payer's money is with us."""
        return self.captured - self.refunded - self.charged_back

    @property
    def wanted(self) -> Decimal:
        """What of it should be, once that is known."""
        return (self.keep or Decimal(0)) - self.back


class Seen(Struct, frozen=True, kw_only=True):
    """A payment as its provider shows it: totals, so that it does not matter what was seen before."""

    state: State
    provider_id: str
    held: Decimal = Decimal(0)
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    charged_back: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    paid_with: str | None = None
    action: str | None = None
    why: str | None = None


class Call(Struct, frozen=True, kw_only=True):
    """Something that was asked of the provider, kept before it is asked; `key` is said with it, however often.

    `amount` is what is asked for; `until` the total that the provider will show when it was done.
    """

    holder: PartyId
    payment: str
    number: int
    step: Step
    key: str
    amount: Decimal
    until: Decimal
    asked_at: datetime
    tries: int = 0
    answered_at: datetime | None = None
    outcome: Outcome | None = None
    answer: str | None = None


class Heard(Struct, frozen=True, kw_only=True):
    """Something that a provider told unasked. It is looked up and not believed.

    `card` is our word for a card that it is about, `method` the provider's.
    """

    id: str
    what: str
    payment: str | None = None
    provider_id: str | None = None
    card: str | None = None
    method: str | None = None


class RefundState(StrEnum):
    WAITING = "WAITING"  # for a second person
    GRANTED = "GRANTED"
    DECLINED = "DECLINED"


class Refund(Struct, frozen=True, kw_only=True):
    """Money that somebody wants to give back, and who agreed."""

    holder: PartyId
    ref: str
    payment: str
    amount: Decimal
    reason: str
    state: RefundState
    asked_by: str
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


class Told(Struct, frozen=True, kw_only=True):
    """A Heard as it is kept."""

    id: str
    what: str
    at: datetime


class Timeline(Struct, frozen=True, kw_only=True):
    """A payment with all that happened to it, each list in its order."""

    holder: PartyId
    payment: Payment
    calls: tuple[Call, ...]
    refunds: tuple[Refund, ...]
    heard: tuple[Told, ...]
