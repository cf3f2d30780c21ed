"""Who collects money for us: one file each, behind one port (port.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from laddnav.kit.outside import Exchange
from laddnav.payments.payment import Account, ProviderKind, Secrets
from laddnav.payments.providers.port import CardKeeper, Provider
from laddnav.payments.providers.stripe import Stripe
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
