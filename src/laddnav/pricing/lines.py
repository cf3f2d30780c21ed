"""A Tab written out as the lines of a bill: what was counted, what of it is billed, and why at this price."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.money import TaxAmount
from laddnav.pricing.model import NOTHING, Amount, Choice, Line, Stint, Tab
from laddnav.pricing.reasons import Because, Reason
from laddnav.pricing.rounding import cost_of_time, in_hours, in_steps, plain
from laddnav.tariffs.model import PriceComponent, Restriction, Tariff, TariffDimension

TAX_NAME = "VAT"  # OCPI 2.2.1 names no other
UNRESTRICTED = Restriction()


class Run(Struct, frozen=True, kw_only=True):
    """Stints in a row that one component prices, as far as something was counted in them."""

    choice: Choice
    component: PriceComponent
    started_at: datetime
    ended_at: datetime
    energy: Energy
    length: timedelta
    interpolated: bool


def lines(tab: Tab) -> tuple[Line, ...]:
    """In order of time; without what a limit of the tariff adds or takes away."""
    drawn = (*_flat_lines(tab), *_energy_lines(tab), *_time_lines(tab))
    return tuple(sorted(drawn, key=lambda line: line.started_at))


def total_of(some: Iterable[Line]) -> Amount:
    total = NOTHING
    for line in some:
        total += line.amount
    return total


def _flat_lines(tab: Tab) -> Iterable[Line]:
    if tab.flat is None:
        return
    component = _component(tab.tariff, tab.flat)
    yield Line(
        started_at=tab.opened_at,
        ended_at=tab.opened_at,
        dimension=component.type,
        volume=Decimal(1),
        billed_volume=Decimal(1),
        unit="x",
        unit_price=component.price,
        vat=component.vat,
        amount=taxed(component.price, component.vat),
        tariff_id=tab.tariff.id,
        element=tab.flat.element,
        component=tab.flat.component,
        reason=Reason(code=Because.START, restriction=tab.tariff.elements[tab.flat.element].restriction),
    )


def _energy_lines(tab: Tab) -> Iterable[Line]:
    """The step size counts once, on all energy that was priced, with the last price (OCPI 2.2.1 mod_cdrs_step_size)."""
    runs = _runs(tab, lambda stint: stint.energy_by, lambda stint: bool(stint.energy))
    for run in runs:
        billed, step = run.energy, None
        if run is runs[-1]:
            whole = sum((one.energy for one in runs), NO_ENERGY)
            step = Energy(Decimal(run.component.step_size))
            billed += whole.up_to(step) - whole
        yield _line(
            tab.tariff,
            run,
            volume=plain(run.energy.kwh),
            billed_volume=plain(billed.kwh),
            unit="kWh",
            cost=billed.kwh * run.component.price,
            step=step if billed > run.energy else None,
        )


def _time_lines(tab: Tab) -> Iterable[Line]:
    """As for energy, but paid parking takes the rounding where there is any, and charging time then stays exact."""
    runs = _runs(tab, lambda stint: stint.time_by, lambda stint: bool(stint.length))
    rounded = [run for run in runs if run.component.type is TariffDimension.PARKING_TIME] or runs
    for run in runs:
        billed, step = run.length, None
        if run is rounded[-1]:
            whole = sum((one.length for one in rounded), timedelta())
            step = timedelta(seconds=run.component.step_size)
            billed += in_steps(whole, step) - whole
        yield _line(
            tab.tariff,
            run,
            volume=in_hours(run.length),
            billed_volume=in_hours(billed),
            unit="h",
            cost=cost_of_time(billed, run.component.price),
            step=step if billed > run.length else None,
        )


def _runs(tab: Tab, choice_of: Callable[[Stint], Choice | None], counts: Callable[[Stint], bool]) -> list[Run]:
    runs = []
    for choice, adjacent in groupby(tab.stints, choice_of):
        counted = [stint for stint in adjacent if counts(stint)]
        if choice is None or not counted:
            continue
        runs.append(
            Run(
                choice=choice,
                component=_component(tab.tariff, choice),
                started_at=counted[0].started_at,
                ended_at=counted[-1].ended_at,
                energy=sum((stint.energy for stint in counted), NO_ENERGY),
                length=sum((stint.length for stint in counted), timedelta()),
                interpolated=any(stint.interpolated for stint in counted),
            )
        )
    return runs


def _line(
    tariff: Tariff,
    run: Run,
    *,
    volume: Decimal,
    billed_volume: Decimal,
    unit: str,
    cost: Decimal,
    step: Energy | timedelta | None,
) -> Line:
    return Line(
        started_at=run.started_at,
        ended_at=run.ended_at,
        dimension=run.component.type,
        volume=volume,
        billed_volume=billed_volume,
        unit=unit,
        unit_price=run.component.price,
        vat=run.component.vat,
        amount=taxed(cost, run.component.vat),
        tariff_id=tariff.id,
        element=run.choice.element,
        component=run.choice.component,
        reason=_reason(tariff, run, step),
        interpolated=run.interpolated,
    )


def _reason(tariff: Tariff, run: Run, step: Energy | timedelta | None) -> Reason:
    restriction = tariff.elements[run.choice.element].restriction
    passed_over = any(
        component.type is run.component.type
        for element in tariff.elements[: run.choice.element]
        for component in element.components
    )
    if restriction != UNRESTRICTED:
        code = Because.WHILE
    else:
        code = Because.OTHERWISE if passed_over else Because.ALWAYS
    return Reason(code=code, restriction=restriction, step=step)


def taxed(cost: Decimal, vat: Decimal | None) -> Amount:
    """A component without `vat` names no tax; that is not the same as a tax of 0 %."""
    if vat is None:
        return Amount(cost, cost)
    tax = cost * vat / 100
    return Amount(cost, cost + tax, (TaxAmount(TAX_NAME, tax, vat, cost),))


def _component(tariff: Tariff, choice: Choice) -> PriceComponent:
    return tariff.elements[choice.element].components[choice.component]
