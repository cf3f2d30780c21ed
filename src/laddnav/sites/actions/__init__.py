"""Verbs about sites."""

from laddnav.sites.actions.setting_up import by_ref, fetch, page, remove, save, site_of
from laddnav.sites.actions.telling import limited, limits, measured, measurements, unlimited
from laddnav.sites.actions.trusting import bring_back, fallback_answered
from laddnav.sites.actions.watching import plan_of

__all__ = [
    "bring_back",
    "by_ref",
    "fallback_answered",
    "fetch",
    "limited",
    "limits",
    "measured",
    "measurements",
    "page",
    "plan_of",
    "remove",
    "save",
    "site_of",
    "unlimited",
]
