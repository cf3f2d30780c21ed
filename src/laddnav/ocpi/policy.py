"""How a partner deviates from the text, grouped by what that governs; whoever goes by the text has it as it stands here.

docs/reference/deviations.md says what is done for everybody, and which of these is for whom.
"""

from __future__ import annotations

from msgspec import Struct


class Calls(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How we knock at each other's door.

    `raw_token`: they want no Base64, or do; None: what their version says.
    """

    raw_token: bool | None = None


class Objects(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How what they say is read. `quirks` are names of `ocpi/quirks.py`.

    `appends_periods`: they add what new charging periods they send in a PATCH, where their version lets them replace
    what was there.
    """

    quirks: tuple[str, ...] = ()
    appends_periods: bool = False


class Lists(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How their lists are fetched.

    `absences`: how many whole lists in a row have to lack a Location or a Token before it counts as gone; 0 is never.
    """

    absences: int = 2


class Pushes(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How they are told what is new.

    `whole_only`: they take no PATCH. `in_order`: they want every message as it was when it happened, one after the
    other, each again until it is taken; nothing newer overtakes (strict first in, first out).
    """

    whole_only: bool = False
    in_order: bool = False


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    calls: Calls = Calls()
    objects: Objects = Objects()
    lists: Lists = Lists()
    pushes: Pushes = Pushes()
