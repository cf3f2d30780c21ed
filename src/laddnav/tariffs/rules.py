"""What may be said of a Tariff, and which of several applies."""

from __future__ import annotations

from laddnav.kit.refusal import Refusal
from laddnav.tariffs.model import Tariff


class UnknownTariff(Refusal):
    """No Tariff with this id is in use here."""

    def __init__(self, tariff_id: str) -> None:
        super().__init__(f"No Tariff {tariff_id!r} is in use here")
        self.tariff_id = tariff_id


def stays(before: Tariff, after: Tariff) -> bool:
    """Whether the news says nothing new, or newer news overtook it."""
    if after.last_updated < before.last_updated:
        return True
    fields = [name for name in Tariff.__struct_fields__ if name != "last_updated"]
    return all(getattr(before, name) == getattr(after, name) for name in fields)
