"""Verbs about sites."""

from laddnav.sites.actions.planning import plan, prices_published, savings, tariff_changed
from laddnav.sites.actions.setting_up import by_ref, feeding, fetch, page, remove, save, site_of
from laddnav.sites.actions.steering import Memory, Ticked, answered, claim, nobody_watches, steer
from laddnav.sites.actions.telling import (
    expected,
    foretold,
    limited,
    limits,
    measured,
    measurements,
    told_prices,
    unlimited,
)
from laddnav.sites.actions.trusting import bring_back, fallback_answered, is_out, taken_out
from laddnav.sites.actions.watching import battery_of, forget_old, history, lone_phase_of, moment_of, plan_of, roof_of

__all__ = [
    "Memory",
    "Ticked",
    "answered",
    "battery_of",
    "bring_back",
    "by_ref",
    "claim",
    "expected",
    "fallback_answered",
    "feeding",
    "fetch",
    "foretold",
    "forget_old",
    "history",
    "is_out",
    "limited",
    "limits",
    "lone_phase_of",
    "measured",
    "measurements",
    "moment_of",
    "nobody_watches",
    "page",
    "plan",
    "plan_of",
    "prices_published",
    "remove",
    "roof_of",
    "save",
    "savings",
    "site_of",
    "steer",
    "taken_out",
    "tariff_changed",
    "told_prices",
    "unlimited",
]
