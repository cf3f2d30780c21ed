"""Who collects money for us: one file each, behind one port (port.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from laddnav.kit.outside import Exchange
from laddnav.payments.payment import Account, ProviderKind, Secrets
from laddnav.payments.providers.port import Provider
from laddnav.payments.providers.stripe import Stripe

PROVIDERS: Mapping[ProviderKind, Callable[[Account, Secrets, Exchange], Provider]] = {
    ProviderKind.STRIPE: Stripe,
}
