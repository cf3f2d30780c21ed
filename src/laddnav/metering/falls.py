"""A register that is lower than before: a slip, a meter that began again at nought, or another meter.

Where nobody knows the meter these are guesses, and what was read since then is not billed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from laddnav.kit.energy import Energy
from laddnav.metering.model import DoubtKind, Fallen

# Meters count to a full row of digits, from 1,000 kWh in Wh on, or as far as 32 bits go.
_FULL = (*(Decimal(10**digits) for digits in range(6, 13)), Decimal(2**31), Decimal(2**32))
_NEARLY_FULL = Decimal("0.9")


def across(before: Energy, register: Energy, most: Energy) -> Energy | None:
    """What flowed where the meter counted to its end and on; None where it was not near it, or `most` is less."""
    rises = (full - before.wh + register.wh for full in _FULL if before.wh < full and before.wh >= full * _NEARLY_FULL)
    return next((Energy(rise) for rise in rises if rise <= most.wh), None)


def rolled_over(before: Energy, register: Energy, full: Energy | None, most: Energy) -> Energy | None:
    """What flowed while the register counted to where it is known to begin again, and on; None: it did not."""
    if full is None or not register < before < full:
        return None
    rise = full - before + register
    return rise if rise <= most else None


def fallen(before: Energy, register: Energy, at: datetime, most: Energy) -> Fallen:
    """The first register that is lower; `most` is what can have flowed since the one before."""
    kind = DoubtKind.BACKWARD_REGISTER if across(before, register, most) is None else DoubtKind.ROLLOVER
    return Fallen(at=at, register=register, kind=kind)


def followed(fell: Fallen, register: Energy, at: datetime) -> Fallen:
    """One more that is lower than before the fall: when it counts on from there, it is another meter."""
    kind = fell.kind
    if kind is DoubtKind.BACKWARD_REGISTER and register > fell.register:
        kind = DoubtKind.METER_EXCHANGED
    return Fallen(at=at, register=register, kind=kind)
