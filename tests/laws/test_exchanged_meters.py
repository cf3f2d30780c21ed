"""Laws of a meter that counts to its end, is exchanged and slips: billed is what was delivered, or it has a name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from laddnav.kit.energy import NO_ENERGY, wh
from laddnav.kit.power import kw
from laddnav.metering.model import DoubtKind, Exchanged, Fact, Measurand, Measured, Reading
from laddnav.metering.periods import begun, ended, measured, stretches

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STEP = timedelta(minutes=10)
FULL = 1_000_000  # Wh
POWER = kw(22)
flows = st.integers(0, 3_000)
registers = st.integers(0, FULL - 1) | st.integers(FULL - 4_000, FULL - 1)


class OneCharge(RuleBasedStateMachine):
    """A charge as it truly went, and beside it the fold over what was told of it."""

    def __init__(self) -> None:
        super().__init__()
        self.at, self.register, self.first = NOON, 0, 0
        self.delivered, self.untold, self.nowhere = 0, 0, 0
        self.told: list[Fact] = []
        self.expected: list[DoubtKind] = []
        self.billed, self.doubted = NO_ENERGY, NO_ENERGY
        self.unread = False

    @initialize(register=registers)
    def it_begins(self, register: int) -> None:
        self.register = self.first = self.last = register
        self.fold = begun(NOON, wh(register), power_max=POWER, full=wh(FULL))

    def flow(self, energy: int) -> None:
        self.at += STEP
        self.delivered += energy
        self.untold += energy
        self.register = (self.register + energy) % FULL

    def tell(self, fact: Fact) -> None:
        self.told.append(fact)
        self.add(measured(self.fold, fact))

    def add(self, more: Measured) -> None:
        self.fold = more.meter
        self.billed += sum((one.energy for one in more.stretches), NO_ENERGY)
        self.doubted += sum((one.energy for one in more.doubts), NO_ENERGY)

    def counted(self) -> None:
        """What the register says now is known: what flowed until here is billed, or was lost with a meter."""
        if self.unread:
            self.nowhere += self.untold
        elif self.register < self.last:
            self.expected.append(DoubtKind.ROLLOVER)
        self.untold, self.last, self.unread = 0, self.register, False

    @rule(energy=flows)
    def it_is_read(self, energy: int) -> None:
        self.flow(energy)
        self.counted()
        self.tell(read(self.at, self.register))

    @precondition(lambda self: not self.unread)
    @rule(energy=flows, less=st.integers(1, 3_000))
    def it_slips_once(self, energy: int, less: int) -> None:
        self.flow(energy)
        if self.last >= less:
            self.tell(read(self.at, self.last - less))
        self.it_is_read(energy)

    @precondition(lambda self: not self.unread)
    @rule(energy=flows, new=registers)
    def it_is_exchanged_by_somebody_who_reads_both(self, energy: int, new: int) -> None:
        self.flow(energy)
        self.counted()
        self.tell(Exchanged(at=self.at, before=wh(self.register), after=wh(new)))
        self.expected.append(DoubtKind.METER_EXCHANGED)
        self.register = self.last = new

    @precondition(lambda self: not self.unread)
    @rule(energy=flows, new=registers)
    def it_is_exchanged_by_somebody_who_reads_none(self, energy: int, new: int) -> None:
        self.flow(energy)
        self.tell(Exchanged(at=self.at))
        self.expected.append(DoubtKind.METER_EXCHANGED)
        self.register, self.unread = new, True

    def teardown(self) -> None:
        self.flow(100)
        self.counted()
        self.add(ended(self.fold, self.at, wh(self.register)))
        assert self.billed == wh(self.delivered - self.nowhere)
        assert self.billed + self.doubted == wh(self.register - self.first)
        assert self.fold.counted == self.billed
        whole = stretches(
            reversed(self.told), NOON, wh(self.first), self.at, wh(self.register), power_max=POWER, full=wh(FULL)
        )
        assert sum((one.energy for one in whole.stretches), NO_ENERGY) == self.billed
        named = [one.kind for one in whole.doubts if one.kind in (DoubtKind.ROLLOVER, DoubtKind.METER_EXCHANGED)]
        assert named == self.expected


def read(at: datetime, register: int) -> Reading:
    return Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))


OneCharge.TestCase.settings = settings(max_examples=60, stateful_step_count=12)
TestOneCharge = OneCharge.TestCase
