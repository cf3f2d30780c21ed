"""How charges are steered that follow more than a limit, and batteries swapped, in words for every version of OCPP."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.scheduling.model import RateUnit


class EnergyTransfer(StrEnum):
    """Ways between a car and the grid; BPT both ways, DER for the grid's sake, ACDP by a pantograph, WPT wireless."""

    AC_SINGLE_PHASE = "AC_single_phase"
    AC_TWO_PHASE = "AC_two_phase"
    AC_THREE_PHASE = "AC_three_phase"
    DC = "DC"
    AC_BPT = "AC_BPT"
    AC_BPT_DER = "AC_BPT_DER"
    AC_DER = "AC_DER"
    DC_BPT = "DC_BPT"
    DC_ACDP = "DC_ACDP"
    DC_ACDP_BPT = "DC_ACDP_BPT"
    WPT = "WPT"


BOTH_WAYS = frozenset(one.value for one in EnergyTransfer if "BPT" in one.value)


class Setpoints(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What holds from now on, in the unit of its profile: of all phases, or of L1 where L2 and L3 have their own."""

    limit: Decimal | None = None
    limit_l2: Decimal | None = None
    limit_l3: Decimal | None = None
    discharge_limit: Decimal | None = None
    discharge_limit_l2: Decimal | None = None
    discharge_limit_l3: Decimal | None = None
    setpoint: Decimal | None = None
    setpoint_l2: Decimal | None = None
    setpoint_l3: Decimal | None = None
    setpoint_reactive: Decimal | None = None
    setpoint_reactive_l2: Decimal | None = None
    setpoint_reactive_l3: Decimal | None = None

    @property
    def steers(self) -> bool:
        """Whether it says what to draw or to feed in, and not only how much at most."""
        return any(getattr(self, name) is not None for name in self.__struct_fields__ if name.startswith("setpoint"))


class BeginDynamic(Struct, frozen=True, kw_only=True):
    """Have the charges of an Evse follow values that are told anew as they change; `evse_no` 0: those of every Evse.

    `every` so many seconds the station asks for them itself, where it is not told.
    """

    number: int
    evse_no: int
    unit: RateUnit
    values: Setpoints
    every: int | None = None


class UpdateDynamic(Struct, frozen=True, kw_only=True):
    number: int
    values: Setpoints


class PreferCharge(Struct, frozen=True, kw_only=True):
    """Charge one car before others, or no more."""

    charge: str
    preferred: bool


class AllowTransfers(Struct, frozen=True, kw_only=True):
    """The ways by which energy may go in a charge that is under way."""

    charge: str
    transfers: tuple[EnergyTransfer, ...]


class FollowSignal(Struct, frozen=True, kw_only=True):
    """What the operator of the grid signals for its frequency (aFRR), to be followed from then on."""

    at: datetime
    signal: int


class SwapBatteries(Struct, frozen=True, kw_only=True):
    """Let a driver who is let in swap batteries; what comes of it is told under this number."""

    number: int
    uid: str
    token_type: str


SteeringRequest = BeginDynamic | UpdateDynamic | PreferCharge | AllowTransfers | FollowSignal | SwapBatteries
