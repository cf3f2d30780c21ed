"""What may be said of a Tariff, and which of several applies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal
from laddnav.tariffs.model import Tariff


class UnknownTariff(Refusal):
    """No Tariff with this id is in use here."""

    def __init__(self, tariff_id: str) -> None:
        super().__init__(f"No Tariff {tariff_id!r} is in use here")
        self.tariff_id = tariff_id


def in_force(offered: Iterable[Tariff], ids: tuple[str, ...], at: datetime) -> Tariff | None:
    """Of a Connector's Tariffs, the first in its order that holds at this moment and is not for ad-hoc payment only."""
    order = {fold(one): position for position, one in enumerate(ids)}
    holding = [
        tariff
        for tariff in offered
        if (tariff.starts_at is None or tariff.starts_at <= at)
        and (tariff.ends_at is None or at < tariff.ends_at)
        and tariff.type in (None, "REGULAR")
    ]
    return min(holding, key=lambda tariff: order.get(fold(tariff.id), len(order)), default=None)


def stays(before: Tariff, after: Tariff) -> bool:
    """Whether the news says nothing new, or newer news overtook it."""
    if after.last_updated < before.last_updated:
        return True
    fields = [name for name in Tariff.__struct_fields__ if name != "last_updated"]
    return all(getattr(before, name) == getattr(after, name) for name in fields)
