"""Who may change what of a terminal and of a payment, and what an account at a provider has to be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from msgspec.structs import replace

from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.payments.model import Installed, InvoiceCreator, Terminal, serves
from laddnav.payments.payment import Account, Payment, ProviderKind, Secrets


class UnknownTerminal(Refusal):
    """There is no payment terminal of this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no payment terminal {id!r}")
        self.id = id


class UnknownConfirmation(Refusal):
    """There is no financial advice confirmation of this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no financial advice confirmation {id!r}")
        self.id = id


class OfAnotherCpo(Refusal):
    """A terminal stands at the charging places of one CPO, and no other has a say."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"A terminal of {party} is for {party} to speak of")
        self.party = party


class NotTheirs(Refusal):
    """Only the CPO that has a terminal says what it serves, and only its provider makes it known."""

    def __init__(self, id: str, who: str) -> None:
        super().__init__(f"Only the {who} of terminal {id!r} does that")


class NotServed(Refusal):
    """Drivers cannot pay for this Evse at this terminal."""

    def __init__(self, id: str, where: EvseRef) -> None:
        super().__init__(f"Terminal {id!r} does not serve Evse {where.evse_uid!r} of Location {where.location_id!r}")


class NothingCharged(Refusal):
    """No CDR is known of this authorisation, so that nothing can have been captured for it."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"No CDR has the authorization reference {reference!r}")
        self.reference = reference


def shipped(terminal: Terminal) -> Terminal:
    """As its provider makes it known unasked: what it serves, the CPO says later.

    OCPI 2.3.0 mod_payments_cpo_terminal_post_method.
    """
    return replace(terminal, location_ids=(), evse_uids=())


def for_cpo(terminal: Terminal, cpo: PartyId) -> Terminal:
    """A terminal that names its CPO names this one. Raises OfAnotherCpo."""
    if terminal.party is not None and terminal.party != cpo:
        raise OfAnotherCpo(terminal.party)
    return terminal


def with_said(before: Terminal, said: Terminal) -> Terminal:
    """What a CPO says of a terminal that its provider has already; what it does not say stays, and so does the id."""
    told = {name: getattr(said, name) for name in said.__struct_fields__ if getattr(said, name) not in (None, ())}
    return replace(before, **told | {"id": before.id})


def said_by_cpo(before: Terminal, said: Terminal, cpo: PartyId, now: datetime) -> Terminal:
    """What its CPO makes of it, of the moment in which that came, by which it is listed. Raises OfAnotherCpo."""
    return replace(for_cpo(said, cpo), owner=before.owner, id=before.id, last_updated=max(now, before.last_updated))


def invoices(installed: Iterable[Installed], where: EvseRef) -> bool:
    """Whether the CPO makes the driver's invoice for a charge there (OCPI 2.3.0 mod_payments_invoice_creator_enum)."""
    return any(
        one.deactivated_at is None
        and one.terminal.invoice_creator is InvoiceCreator.CPO
        and serves(one.terminal, where)
        for one in installed
    )


def wanted(cdr: Cdr) -> bool:
    """Whether the CPO makes the invoice, and so has to hear what was captured.

    OCPI 2.3.0 mod_payments_transaction_flow.
    """
    return cdr.invoice_reference_id is not None


# ---- Payments


class UnknownPayment(Refusal):
    """No payment of this ref is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no payment {ref!r}")
        self.ref = ref


class UnknownTicket(Refusal):
    """No page of a charge has this address."""

    def __init__(self) -> None:
        super().__init__("There is no charge of this address")


class NotSold(Refusal):
    """Nobody without an account can charge there: no price with taxes is set for it, or no way to pay."""

    def __init__(self, evse: str) -> None:
        super().__init__(f"At {evse} nobody can pay by card or phone")
        self.evse = evse


class EnoughReceipts(Refusal):
    """It was mailed often enough."""

    def __init__(self) -> None:
        super().__init__("The receipt was mailed three times already; it stands on this page")


class TooManyPay(Refusal):
    """Whoever begins to pay for the same Evse again and again is no driver; the next one is taken after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(
            f"You began to pay here very often; try again in {max(1, round(wait.total_seconds()))} seconds"
        )
        self.wait = wait


class UnknownRefund(Refusal):
    """No refund of this ref is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no refund {ref!r}")
        self.ref = ref


class UnknownPaymentAccount(Refusal):
    """There is no account of this ref at a payment provider."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no payment account {ref!r}")
        self.ref = ref


class UnfitAccount(Refusal):
    """What was said of an account at a provider cannot be used."""


class UnfitPayment(Refusal):
    """Nothing can be paid like this."""


class PaymentOver(Refusal):
    """What becomes of this payment was said already; what is kept too much of it is refunded."""

    def __init__(self, ref: str, why: str) -> None:
        super().__init__(f"Payment {ref}: {why}")
        self.ref = ref


class TooMuchBack(Refusal):
    """More cannot be given back than was paid."""

    def __init__(self, left: Decimal, currency: str) -> None:
        super().__init__(f"{left} {currency} of this payment can be given back, no more")
        self.left = left


class BeyondSupport(Refusal):
    """Support asks for less than this at this account; somebody of finance gives it back."""

    def __init__(self, most: Decimal, currency: str) -> None:
        super().__init__(f"Support may ask for {most} {currency} of a payment; finance gives more back")
        self.most = f"{most} {currency}"


class RefundDecided(Refusal):
    """Somebody has said yes or no to this refund before."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"Refund {ref} is decided already")


class NotAlone(Refusal):
    """A refund of this size takes two: whoever asked for it does not also agree to it."""

    def __init__(self) -> None:
        super().__init__("Somebody else has to agree to this refund")


# Where each provider answers, live and in its test environment; this machine beside them where the installation allows
# loopback, for tests.
HOSTS = {
    ProviderKind.STRIPE: ("api.stripe.com",),
    ProviderKind.SWISH: ("cpc.getswish.net", "mss.cpc.getswish.net", "staging.getswish.pub.tds.tieto.com"),
    ProviderKind.VIPPS: ("api.vipps.no", "apitest.vipps.no"),
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CURRENCIES = {
    ProviderKind.SWISH: ("SEK",),
    ProviderKind.VIPPS: ("NOK", "DKK", "EUR", "SEK"),
}
NEEDED = {
    ProviderKind.STRIPE: ("key",),
    ProviderKind.SWISH: ("certificate", "private_key"),
    ProviderKind.VIPPS: ("client_id", "key", "subscription"),
}


def fit(account: Account, secrets: Secrets) -> Account:
    """Raises UnfitAccount."""
    parts = urlsplit(account.url)
    hosts = HOSTS[account.provider]
    if parts.hostname not in (*hosts, *LOOPBACK) or parts.scheme not in ("https", "http") or parts.query:
        raise UnfitAccount(f"url: {account.provider.capitalize()} answers at https://{hosts[0]}")
    for name in NEEDED[account.provider]:
        if not getattr(secrets, name) and not (parts.scheme == "http" and name in ("certificate", "private_key")):
            raise UnfitAccount(f"{name}: there is none")
    if account.provider is not ProviderKind.STRIPE and not account.merchant:
        raise UnfitAccount("merchant: by which number the provider knows us")
    for name in ("key", "hook", "client_id", "subscription"):
        word = getattr(secrets, name)
        if not word.isascii() or (word and not word.isprintable()):
            raise UnfitAccount(f"{name}: it has characters that no key has")
    for name in ("alone_up_to", "support_up_to"):
        limit: Decimal | None = getattr(account, name)
        if limit is not None and (not limit.is_finite() or limit < 0):
            raise UnfitAccount(f"{name}: zero or more")
    return account


def fit_payment(payment: Payment, account: Account) -> Payment:
    """Raises UnfitPayment."""
    if not account.enabled:
        raise UnfitPayment(f"Nobody pays by {account.name} at present")
    in_whole_coins(payment.hold, payment.currency)
    known = CURRENCIES.get(account.provider)
    if known is not None and payment.currency not in known:
        raise UnfitPayment(f"currency: {account.provider.capitalize()} takes {', '.join(known)}")
    try:
        LedgerAccount.parse(payment.credits)
    except ValueError as error:
        raise UnfitPayment(f"credits: {payment.credits!r} is no account of the ledger") from error
    return payment


def in_whole_coins(amount: Decimal, currency: str) -> Decimal:
    """Raises UnfitPayment."""
    if not amount.is_finite() or amount <= 0 or amount > 10_000_000 or amount % minor_unit(currency):
        raise UnfitPayment(f"amount: more than zero, in whole coins of {minor_unit(currency)} {currency}")
    return amount


def given_back_at_once(account: Account, payment: Payment, amount: Decimal, asked: Decimal, *, support: bool) -> bool:
    """Whether one person is enough; `asked` waits for a second one already. Support never is. Raises BeyondSupport."""
    if not support:
        return account.alone_up_to is None or payment.back + amount <= account.alone_up_to
    if account.support_up_to is not None and payment.back + asked + amount > account.support_up_to:
        raise BeyondSupport(account.support_up_to, payment.currency)
    return False


def may_give_back(payment: Payment, amount: Decimal, asked: Decimal) -> Decimal:
    """`asked` waits for a second person already. Raises TooMuchBack, UnfitPayment."""
    in_whole_coins(amount, payment.currency)
    left = min(payment.captured - payment.charged_back, payment.keep or Decimal(0)) - payment.back - asked
    if amount > left:
        raise TooMuchBack(max(left, Decimal(0)), payment.currency)
    return amount
