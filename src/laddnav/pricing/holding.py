"""Which tariff each period of a CDR has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from laddnav.kit.ids import fold
from laddnav.metering.model import ChargingPeriod
from laddnav.pricing.flags import Flag, Flagged
from laddnav.pricing.model import Charge
from laddnav.pricing.offers import Offers, offers
from laddnav.pricing.policy import Edited, Policy, Untold
from laddnav.tariffs.model import Tariff


class Holding:
    """A period has the tariff that it names; where none names one, the only tariff there is holds for all.

    OCPI 2.2.1 mod_cdrs_chargingperiod_class: without a tariff_id no tariff is relevant. One tariff that somebody asks
    to be applied, and that no period names, is applied to all of them.
    """

    def __init__(self, charge: Charge, asked: tuple[Tariff, ...], policy: Policy) -> None:
        self.flags: list[Flagged] = []
        self._charge, self._asked, self._policy = charge, bool(asked), policy
        self._by_id: dict[str, Tariff] = {}
        for tariff in _versions(asked or charge.tariffs, charge, policy):
            self._by_id[fold(tariff.id)] = tariff
        self._held: dict[str | None, Offers] = {}
        # Those that hold in some period, in the order in which they first do, and theirs.
        self.tariffs: list[Tariff] = []
        self.offers: list[Offers] = []

    def at(self, period: ChargingPeriod, place: int) -> Offers | None:
        """None where no tariff holds, and the period is free."""
        named = period.tariff_id
        held = self._held.get(named)
        if held is not None:
            return held
        tariff = self._untold(place) if named is None else self._by_id.get(fold(named))
        if tariff is not None:
            held = self._held[named] = self._begun(tariff)
        elif named is not None:  # not kept, for each such period is to be flagged
            self.flags.append(Flagged(flag=Flag.UNKNOWN_TARIFF, period=place, tariff_id=named))
            held = self._for_unknown
        return held

    def _untold(self, place: int) -> Tariff | None:
        tariff = self._for_untold
        if tariff is None and self._by_id:
            self.flags.append(Flagged(flag=Flag.PERIOD_WITHOUT_TARIFF, period=place))
        return tariff

    @cached_property
    def _ids(self) -> set[str]:
        return {fold(period.tariff_id) for period in self._charge.periods if period.tariff_id is not None}

    @property
    def _only(self) -> Tariff | None:
        return next(iter(self._by_id.values())) if len(self._by_id) == 1 else None

    @cached_property
    def _for_untold(self) -> Tariff | None:
        if self._ids and self._policy.untold is Untold.FIRST:
            return next(iter(self._by_id.values()), None)
        return None if self._ids else self._only

    @cached_property
    def _for_unknown(self) -> Offers | None:
        only = self._only if self._asked else None
        return None if only is None or fold(only.id) in self._ids else self._begun(only)

    def _begun(self, tariff: Tariff) -> Offers:
        begun = offers(tariff, self._policy)
        if tariff not in self.tariffs:
            charge = self._charge
            if not in_force(tariff, charge.started_at):
                self.flags.append(Flagged(flag=Flag.TARIFF_NOT_IN_FORCE, tariff_id=tariff.id))
            if tariff.currency != charge.currency:
                self.flags.append(Flagged(flag=Flag.CURRENCIES_DIFFER, tariff_id=tariff.id))
            self.tariffs.append(tariff)
            self.offers.append(begun)
        return begun


def in_force(tariff: Tariff, at: datetime) -> bool:
    """A bound that is missing is open (OCPI 2.2.1 mod_tariffs_tariff_object)."""
    return (tariff.starts_at is None or tariff.starts_at <= at) and (tariff.ends_at is None or at <= tariff.ends_at)


def _versions(tariffs: tuple[Tariff, ...], charge: Charge, policy: Policy) -> Iterable[Tariff]:
    """One of each id: the newest that there was when the session began, or for others the newest at all."""
    if len(tariffs) < 2:
        return tariffs
    by_id: dict[str, list[Tariff]] = {}
    for tariff in tariffs:
        by_id.setdefault(fold(tariff.id), []).append(tariff)
    return [_version(of_id, charge, policy) for of_id in by_id.values()]


def _version(tariffs: list[Tariff], charge: Charge, policy: Policy) -> Tariff:
    in_order = sorted(tariffs, key=lambda tariff: tariff.last_updated)
    if policy.edited is Edited.NEWEST:
        return in_order[-1]
    known = [tariff for tariff in in_order if tariff.last_updated <= charge.started_at]
    return known[-1] if known else in_order[0]
