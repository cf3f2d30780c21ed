"""Charging times a Tariff: the price, with the reason for every cent; pure, and usable without the rest of the house.

`price` takes a CDR's periods as somebody wrote them; `metered`, or `opened`, `advanced` and `priced` one after another,
take stretches as a meter told them.
"""

from laddnav.pricing.charge import price
from laddnav.pricing.flags import Flag, Flagged
from laddnav.pricing.model import Amount, CannotPrice, Charge, Line, Priced, Stated, Tab
from laddnav.pricing.policy import OURS, PRESETS, Policy, UnknownPolicy, policy_named
from laddnav.pricing.rounding import rounded
from laddnav.pricing.tab import advanced, metered, opened, priced, switched

__all__ = [
    "OURS",
    "PRESETS",
    "Amount",
    "CannotPrice",
    "Charge",
    "Flag",
    "Flagged",
    "Line",
    "Policy",
    "Priced",
    "Stated",
    "Tab",
    "UnknownPolicy",
    "advanced",
    "metered",
    "opened",
    "policy_named",
    "price",
    "priced",
    "rounded",
    "switched",
]
