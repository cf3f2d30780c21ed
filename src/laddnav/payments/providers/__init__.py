"""Who collects money for us: one file each, behind one port (port.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from laddnav.kit.outside import Exchange
from laddnav.payments.payment import Account, ProviderKind, Secrets
from laddnav.payments.providers.port import BookKeeper, CardKeeper, Provider
from laddnav.payments.providers.stripe import Stripe
from laddnav.payments.providers.stripe_book import StripeBook
from laddnav.payments.providers.stripe_cards import StripeCards
from laddnav.payments.providers.swish import Swish
from laddnav.payments.providers.vipps import Vipps

# With the address at which it tells us what happened.
Opener = Callable[[Account, Secrets, Exchange, str], Provider]

PROVIDERS: Mapping[ProviderKind, Opener] = {
    ProviderKind.STRIPE: Stripe,
    ProviderKind.SWISH: Swish,
    ProviderKind.VIPPS: Vipps,
}

# Who keeps cards for us; the others ask the payer each time.
KEEPERS: Mapping[ProviderKind, Callable[[Account, Secrets, Exchange], CardKeeper]] = {ProviderKind.STRIPE: StripeCards}

# Who tells what moved on our account; what the others pay out is found in the bank's file.
BOOKS: Mapping[ProviderKind, Callable[[Account, Secrets, Exchange], BookKeeper]] = {ProviderKind.STRIPE: StripeBook}
