"""What may be said of a Tariff, and which of several applies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal
from laddnav.tariffs.model import Tariff, TariffDimension, TariffType, TaxIncluded


class UnknownTariff(Refusal):
    """No Tariff with this id is in use here."""

    def __init__(self, tariff_id: str) -> None:
        super().__init__(f"No Tariff {tariff_id!r} is in use here")
        self.tariff_id = tariff_id


class Unbillable(Refusal):
    """The Tariff includes taxes that it does not name, so what is earned before taxes could not be known."""

    def __init__(self, tariff_id: str) -> None:
        super().__init__(
            f"Tariff {tariff_id!r} includes taxes in its prices; give each price its vat, "
            "or nothing charged on it could be billed"
        )
        self.tariff_id = tariff_id


class NotForReservations(Refusal):
    """An Element for reservations or bookings has a price for something that no reservation uses."""

    def __init__(self, tariff_id: str, number: int) -> None:
        super().__init__(
            f"Element {number} of Tariff {tariff_id!r} is for reservations; it may only have prices for TIME and FLAT"
        )
        self.tariff_id, self.number = tariff_id, number


# Who asks for a type is content with these, the first of them first. A Tariff without a type is for everybody
# (OCPI 2.2.1 mod_tariffs_tariff_type). A preference that the operator has no Tariff for changes no price; but the price
# for paying at the charging point is no driver's with a contract, nor the other way round.
CONTENT_WITH: dict[TariffType, tuple[TariffType | None, ...]] = {
    TariffType.REGULAR: (TariffType.REGULAR, None),
    TariffType.AD_HOC_PAYMENT: (TariffType.AD_HOC_PAYMENT, None),
    TariffType.PROFILE_CHEAP: (TariffType.PROFILE_CHEAP, TariffType.REGULAR, None),
    TariffType.PROFILE_FAST: (TariffType.PROFILE_FAST, TariffType.REGULAR, None),
    TariffType.PROFILE_GREEN: (TariffType.PROFILE_GREEN, TariffType.REGULAR, None),
}


def in_force(
    offered: Iterable[Tariff], ids: tuple[str, ...], at: datetime, kind: TariffType = TariffType.REGULAR
) -> Tariff | None:
    """Of a Connector's Tariffs the one that holds at this moment for who asks so.

    The most particular type wins; of several alike the first in the Connector's order. At its `ends_at` a Tariff holds
    no longer, at its `starts_at` it does (OCPI 2.2.1 mod_tariffs_tariff_object).
    """
    order = {fold(one): position for position, one in enumerate(ids)}
    types = CONTENT_WITH[kind]
    holding = [tariff for tariff in offered if tariff.type in types and holds(tariff, at)]
    return min(
        holding,
        key=lambda tariff: (types.index(tariff.type), order.get(fold(tariff.id), len(order))),
        default=None,
    )


def for_group(ids: tuple[str, ...], grouped: Mapping[str, str], group: str) -> tuple[str, ...]:
    """Of a Connector's Tariffs those by which the drivers of a price group pay: its own where there are any.

    `grouped`: folded id -> group, of those that are not for everybody.
    """
    own = tuple(id for id in ids if group and grouped.get(fold(id)) == group)
    return own or tuple(id for id in ids if fold(id) not in grouped)


def holds(tariff: Tariff, at: datetime) -> bool:
    """Whether this moment lies in the Tariff's time of validity."""
    begun = tariff.starts_at is None or tariff.starts_at <= at
    return begun and (tariff.ends_at is None or at < tariff.ends_at)


def billable(tariff: Tariff) -> None:
    """Raises Unbillable."""
    if tariff.tax_included is not TaxIncluded.YES:
        return
    prices = (component for element in tariff.elements for component in element.components)
    if any(component.price and component.vat is None for component in prices):
        raise Unbillable(tariff.id)


def sayable(tariff: Tariff) -> None:
    """What OCPI lets a Tariff say (OCPI 2.2.1 mod_tariffs_tariffrestrictions_class). Raises NotForReservations."""
    for number, element in enumerate(tariff.elements, 1):
        if element.restriction.reservation is None and element.restriction.booking is None:
            continue
        if any(one.type not in (TariffDimension.TIME, TariffDimension.FLAT) for one in element.components):
            raise NotForReservations(tariff.id, number)


def as_new_as_its_change(before: Tariff, after: Tariff, now: datetime) -> Tariff:
    """Ours, dated so that partners take it: a file that was exported, changed and imported has its old date."""
    return after if after.last_updated > before.last_updated else replace(after, last_updated=now)


def stays(before: Tariff, after: Tariff, *, ours: bool) -> bool:
    """Whether the news says nothing new, or comes from a partner whose newer news overtook it."""
    if not ours and after.last_updated < before.last_updated:
        return True
    fields = [name for name in Tariff.__struct_fields__ if name != "last_updated"]
    return all(getattr(before, name) == getattr(after, name) for name in fields)
