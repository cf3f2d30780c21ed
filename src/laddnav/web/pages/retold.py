"""What a site says of plans and stations, kept in English as the API gives it, in the language of its reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from re import Pattern

from laddnav.web.words import N_

SAID = (
    # Why a plan was made (sites/planning.py, sites/actions).
    N_("the first plan"),
    N_("something happened at the site"),
    N_("the building draws otherwise than expected"),
    N_("time went by"),
    N_("prices were published"),
    N_("prices were told from outside"),
    N_("the grid tariff changed"),
    N_("%(name)s asked for it"),
    # What could not be met, or was not known (sites/problem.py, sites/planning.py, scheduling/table.py).
    N_("No bidding zone is set, so every hour costs the same"),
    N_("Nothing is known of prices in %(zone)s, so every hour costs the same"),
    N_("Nobody says how much the battery holds, so it is left out of the plan"),
    N_("Prices are in %(one)s and the grid tariff is in %(other)s; fetch prices in %(wanted)s; planned without prices"),
    N_("%(car)s will miss %(missed)s kWh of %(wanted)s"),
    N_("The roof gives %(kwh)s kWh less than it could, which may not go out or would cost money there"),
    N_("The roof alone gives up to %(kw)s kW more than others allow to go out, in %(count)s steps"),
    N_("The building alone draws more than the grid connection may carry, in %(count)s steps"),
    N_("The building alone draws more than others allow the site, in %(count)s steps"),
    N_("Energy fed in is paid better than energy drawn costs; no plan is made of that alone"),
    N_("The price is absurd in %(count)s steps, such as %(price)s; less is planned with"),
    N_("The solver found no optimum, so every car is charged at once"),
    # Why a station was taken out (scheduling/committed.py).
    N_("It draws %(drawn)s A, may draw %(most)s A, and has not followed for %(seconds)s s"),
    N_("It gives back %(given)s A, was told to give %(told)s A, and has not followed for %(seconds)s s"),
)


def retold(text: str, say: Callable[[str], str]) -> str:
    """As it is, where nobody has translated it."""
    for pattern, sentence in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            return say(sentence) % found.groupdict()
    return text


@cache
def _patterns() -> tuple[tuple[Pattern[str], str], ...]:
    return tuple((re.compile(re.sub(r"%\\\((\w+)\\\)s|%\((\w+)\)s", _group, re.escape(one))), one) for one in SAID)


def _group(found: re.Match[str]) -> str:
    return f"(?P<{found[1] or found[2]}>.+)"
