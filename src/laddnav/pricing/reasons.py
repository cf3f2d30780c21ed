"""Why a line of a price is what it is: kept as data, said as a sentence in English or Swedish."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from laddnav.tariffs.model import Restriction


class Because(StrEnum):
    """The rule that put a line on the bill."""

    ONLY = "ONLY"  # the tariff names this dimension once, without a restriction
    WHILE = "WHILE"  # its restriction held, and no earlier Element applied
    OTHERWISE = "OTHERWISE"  # it has no restriction, and no earlier Element applied
    START = "START"  # a flat fee, due once when the session starts
    AT_LEAST = "AT_LEAST"  # the tariff's lowest price for a session
    AT_MOST = "AT_MOST"  # the tariff's highest price for a session


class Reason(Struct, frozen=True, kw_only=True):
    """`restriction` is the applying Element's own; `step_size` (Wh or seconds) stands where it raised the volume."""

    code: Because
    restriction: Restriction = Restriction()
    step_size: int | None = None
