"""What somebody outside says that a site's energy costs, earns or carries, in place of what the market says; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.market.model import Kind, MarketStep, Series
from laddnav.sites.model.site import Site


class ToldKind(StrEnum):
    """Of what a number is told: money per kWh that comes in or goes out, before VAT; grams of CO2 per kWh."""

    PRICE = "PRICE"
    EXPORT_PRICE = "EXPORT_PRICE"
    CARBON = "CARBON"


class ToldPrice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """It counts for one site. `end_at` None: until something else is told. `currency` "": that of the site."""

    kind: ToldKind
    begin_at: datetime
    end_at: datetime | None = None
    value: Decimal
    currency: str = ""


def ahead(told: Iterable[ToldPrice], now: datetime) -> frozenset[ToldPrice]:
    """Without what is over."""
    return frozenset(one for one in told if one.end_at is None or one.end_at > now)


def with_told(
    market: Series | None, told: Sequence[ToldPrice], site: Site, kind: ToldKind, begin_at: datetime, end_at: datetime
) -> Series | None:
    """The market's steps, and in their place what was told for that time: of two who told, the first in order counts.

    What is told in another currency than the site's does not count; where it does, the market's in another does not.
    """
    steps: list[MarketStep] = []
    for one in told:
        if one.kind is kind and (kind is ToldKind.CARBON or one.currency in ("", site.currency)):
            begins, ends = max(one.begin_at, begin_at), min(one.end_at or end_at, end_at)
            if begins < ends:
                steps += _beside(MarketStep(begins, ends - begins, one.value), steps)
    if not steps:
        return market
    currency = "" if kind is ToldKind.CARBON else site.currency
    usual = market.steps if market is not None and market.currency in ("", currency) else ()
    taken = sorted(steps, key=lambda one: one.begin_at)
    left = [piece for one in usual for piece in _beside(one, taken)]
    return Series(
        zone="" if market is None else market.zone,
        kind=Kind.CARBON if kind is ToldKind.CARBON else Kind.PRICE,
        currency=currency,
        steps=tuple(sorted([*left, *taken], key=lambda one: one.begin_at)),
        published_until=None if market is None else market.published_until,
    )


def _beside(step: MarketStep, taken: Sequence[MarketStep]) -> list[MarketStep]:
    """What of a step lies beside others."""
    left = [step]
    for other in taken:
        if other.begin_at < step.end_at and other.end_at > step.begin_at:
            left = [piece for one in left for piece in _without(one, other)]
    return left


def _without(step: MarketStep, other: MarketStep) -> list[MarketStep]:
    pieces = []
    if step.begin_at < other.begin_at:
        pieces.append(replace(step, length=min(step.end_at, other.begin_at) - step.begin_at))
    if step.end_at > other.end_at:
        begin_at = max(step.begin_at, other.end_at)
        pieces.append(replace(step, begin_at=begin_at, length=step.end_at - begin_at))
    return pieces
