"""Who collects money for us: one file each, behind one port (port.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from laddnav.kit.outside import Exchange
from laddnav.payments.payment import Account, ProviderKind, Secrets
from laddnav.payments.providers.port import Provider
from laddnav.payments.providers.stripe import Stripe
from laddnav.payments.providers.swish import Swish
from laddnav.payments.providers.vipps import Vipps

# With the address at which it tells us what happened.
Opener = Callable[[Account, Secrets, Exchange, str], Provider]

PROVIDERS: Mapping[ProviderKind, Opener] = {
    ProviderKind.STRIPE: Stripe,
    ProviderKind.SWISH: Swish,
    ProviderKind.VIPPS: Vipps,
}
