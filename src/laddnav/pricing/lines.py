"""Counts written out as the lines of a bill: what was counted, what of it is billed, and why at this price."""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter

from laddnav.pricing.counts import ENERGY, PARKING_TIME, RESERVATION_TIME, TIME, Counted, Counts, Fee
from laddnav.pricing.model import Line
from laddnav.pricing.offers import Rate
from laddnav.pricing.policy import Policy, Step, StepReservation, StepTime, StepVolume
from laddnav.pricing.rounding import cost_of_time, hours_of, plain, up_to

_ONCE = Decimal(1)
_started_at = attrgetter("started_at")
# Looked up once: see the same in `charge`.
_PER_PERIOD, _ALL, _PARKING, _SHARED = Step.PER_PERIOD, StepVolume.ALL, StepTime.PARKING, StepReservation.SHARED


def lines(counts: Counts, policy: Policy) -> tuple[Line, ...]:
    """In order of time; without what a limit of the tariff adds or takes away.

    The step size counts once, on all volume that was priced, with the last price (OCPI 2.2.1 mod_cdrs_step_size). Paid
    parking takes the rounding of time where there is any, and charging time then stays exact.
    """
    drawn: list[Line] = []
    for fee in counts.fees:
        drawn.append(_fee(fee))
    if policy.step_reservation is _SHARED:
        groups = [counts.energy, sorted([*counts.reservation, *counts.times], key=_started_at)]
    else:
        groups = [counts.energy, counts.reservation, counts.times]
    for counted in groups:
        if counted:
            drawn += _lines(counted, policy)
    if len(drawn) > 1:
        drawn.sort(key=_started_at)
    return tuple(drawn)


def _lines(counted: list[Counted], policy: Policy) -> list[Line]:
    drawn: list[Line] = []
    if len(counted) == 1 or policy.step is _PER_PERIOD:
        for piece in counted:
            if piece.rate is not None:
                drawn.append(_line(piece, piece.rate, up_to(piece.volume, piece.rate.step)))
        return drawn
    runs = _runs(counted)
    if not runs:
        return drawn
    stepped = _stepped(runs, policy)
    run, rate = runs[stepped]
    whole = _whole(run.dimension, counted, policy)
    extra = up_to(whole, rate.step) - whole
    for place, (run, rate) in enumerate(runs):
        drawn.append(_line(run, rate, run.volume + extra if place == stepped else run.volume))
    return drawn


def _runs(counted: list[Counted]) -> list[tuple[Counted, Rate]]:
    """Pieces of one dimension that follow each other under one Rate are one."""
    runs: list[tuple[Counted, Rate]] = []
    joins = False
    for piece in counted:
        rate = piece.rate
        if rate is None:
            joins = False
        elif joins and runs[-1][1] is rate and runs[-1][0].dimension == piece.dimension:
            runs[-1] = (_joined(runs[-1][0], piece), rate)
        else:
            runs.append((piece, rate))
            joins = True
    return runs


def _joined(run: Counted, piece: Counted) -> Counted:
    return Counted(
        run.dimension,
        run.rate,
        run.started_at,
        piece.ended_at,
        run.volume + piece.volume,
        run.period,
        run.interpolated or piece.interpolated,
    )


def _stepped(runs: list[tuple[Counted, Rate]], policy: Policy) -> int:
    """The place of the one that takes the rounding."""
    last = len(runs) - 1
    if policy.step_time is _PARKING:
        for place in range(last, -1, -1):
            if runs[place][0].dimension == PARKING_TIME:
                return place
    return last


# A reservation's time is TIME too where both are rounded as one.
_ROUNDED_AS = {ENERGY: (ENERGY,), PARKING_TIME: (PARKING_TIME,), TIME: (TIME, RESERVATION_TIME)}
_ROUNDED_AS[RESERVATION_TIME] = _ROUNDED_AS[TIME]


def _whole(dimension: str, counted: list[Counted], policy: Policy) -> Decimal:
    together = _ROUNDED_AS[dimension]
    every = policy.step_volume is _ALL
    return sum(
        (piece.volume for piece in counted if piece.dimension in together and (every or piece.rate is not None)),
        Decimal(0),
    )


def _line(piece: Counted, rate: Rate, billed: Decimal) -> Line:
    raised = billed > piece.volume
    if piece.dimension == ENERGY:
        cost, unit = billed * rate.component.price, "kWh"
        volume = plain(piece.volume)
        billed_volume = plain(billed) if raised else volume
    else:
        cost, unit = cost_of_time(billed, rate.component.price), "h"
        volume = hours_of(piece.volume)
        billed_volume = hours_of(billed) if raised else volume
    return Line(
        started_at=piece.started_at,
        ended_at=piece.ended_at,
        dimension=piece.dimension,
        volume=volume,
        billed_volume=billed_volume,
        unit=unit,
        unit_price=rate.component.price,
        vat=rate.component.vat,
        amount=rate.taxed(cost),
        tariff_id=rate.tariff_id,
        element=rate.choice.element,
        component=rate.choice.component,
        reason=rate.reason_when_stepped if raised else rate.reason,
        period=piece.period,
        interpolated=piece.interpolated,
    )


def _fee(fee: Fee) -> Line:
    rate = fee.rate
    return Line(
        started_at=fee.at,
        ended_at=fee.at,
        dimension=fee.dimension,
        volume=_ONCE,
        billed_volume=_ONCE,
        unit="x",
        unit_price=rate.component.price,
        vat=rate.component.vat,
        amount=rate.taxed(rate.component.price),
        tariff_id=rate.tariff_id,
        element=rate.choice.element,
        component=rate.choice.component,
        reason=rate.reason,
        period=fee.period,
    )
