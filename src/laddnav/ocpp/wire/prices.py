"""What charging costs, as stations that show it to drivers are told, in words for every version of OCPP."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.tariffs.model import Tariff


class Rates(Struct, frozen=True, kw_only=True):
    """What is paid for at this moment, taxes included; None: not for that."""

    per_kwh: Decimal | None = None
    per_hour: Decimal | None = None
    flat: Decimal | None = None


class ShowCost(Struct, frozen=True, kw_only=True):
    """What a charge costs so far, taxes included; `register` in Wh, where the meter stands."""

    charge: str
    cost: Decimal
    at: datetime
    register: Decimal
    charging: bool
    rates: Rates


class ShowFinalCost(Struct, frozen=True, kw_only=True):
    """What a charge that is over costs, taxes included."""

    charge: str
    cost: Decimal


class ShowPrice(Struct, frozen=True, kw_only=True):
    """What charging will cost the driver who shows this card, in words."""

    uid: str
    text: str


class SetTariff(Struct, frozen=True, kw_only=True):
    """Count money by this Tariff wherever a charge has none of its own; `evse_no` 0 is every Evse."""

    evse_no: int
    tariff: Tariff


class ChangeTariff(Struct, frozen=True, kw_only=True):
    """Count money of this charge by this Tariff from now on."""

    charge: str
    tariff: Tariff


PriceRequest = ShowCost | ShowFinalCost | ShowPrice | SetTariff | ChangeTariff
