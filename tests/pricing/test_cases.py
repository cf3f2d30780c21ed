"""Each folder of tests/cases/pricing is a session, a tariff in OCPI's words and the price that follows, line by line.

Most are the specification's own examples; `shows` in session.json names the requirements that a case shows.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from msgspec import Struct

from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.kit.json import decode
from laddnav.metering.model import Activity, ChargingPeriod, Stretch
from laddnav.ocpi.quirks import mended
from laddnav.ocpi.wire.codec import Hearing, parsed
from laddnav.ocpi.wire.v2_2_1 import tariff as wire
from laddnav.pricing.model import Amount, Line, Priced
from laddnav.pricing.rounding import in_hours, plain, rounded
from laddnav.pricing.tab import metered
from laddnav.tariffs.model import Tariff

CASES = Path(__file__).parents[1] / "cases"
OURS = PartyId("NL", "TNM")


class Piece(Struct):
    length: str
    kwh: Decimal
    activity: Activity = Activity.CHARGING
    current: Decimal | None = None


class Session(Struct):
    shows: tuple[str, ...]
    says: str
    zone: str
    start: datetime
    stretches: tuple[Piece, ...]
    tariff: str = ""


class ExpectedLine(NamedTuple):
    dimension: str
    volume: Decimal
    billed: Decimal
    unit_price: Decimal
    cost: Decimal


class Expected(Struct):
    total: tuple[Decimal, Decimal]
    lines: tuple[dict[str, str], ...]
    rounded: tuple[Decimal, Decimal] | None = None
    periods: tuple[dict[str, str], ...] | None = None


class Case(NamedTuple):
    name: str
    session: Session
    tariff: Tariff
    expected: Expected

    @property
    def priced(self) -> Priced:
        return metered(self.tariff, stretches(self.session), self.session.zone)

    def __str__(self) -> str:
        return self.name


def stretches(session: Session) -> list[Stretch]:
    found, at = [], session.start
    for piece in session.stretches:
        until = at + _length(piece.length)
        found.append(
            Stretch(
                started_at=at, ended_at=until, energy=kwh(piece.kwh), activity=piece.activity, current=piece.current
            )
        )
        at = until
    return found


def _length(text: str) -> timedelta:
    """`1:30:00`, `40:00` and `22.8` are hours, minutes and seconds."""
    seconds = Decimal(0)
    for part in text.split(":"):
        seconds = seconds * 60 + Decimal(part)
    return timedelta(microseconds=int(seconds * 1_000_000))


def _volume(text: str) -> Decimal:
    """`20 kWh`, `45 min`, `50 s` and `1 x`, as a Line counts them."""
    amount, unit = text.split()
    seconds = {"min": 60, "s": 1}.get(unit)
    return Decimal(amount) if seconds is None else in_hours(_length(str(Decimal(amount) * seconds)))


def _case(folder: Path) -> Case:
    session = decode((folder / "session.json").read_bytes(), Session)
    origin = CASES / session.tariff if session.tariff else folder / "tariff.json"
    words, _ = mended(parsed(origin.read_bytes()))
    tariff = wire.codec.convert(words, Hearing(holder=OURS, sender=OURS))
    expected = msgspec.json.decode((folder / "priced.json").read_bytes(), type=Expected)
    return Case(folder.name, session, tariff, expected)


CASES_OF_PRICING = [_case(folder) for folder in sorted((CASES / "pricing").glob("*/"))]
each_case = pytest.mark.parametrize("case", CASES_OF_PRICING, ids=str)


@each_case
def test_the_total_is_as_written(case: Case) -> None:
    """TAR-025, TAR-089 to TAR-099, TAR-104 to TAR-113, TAR-115: the specification's numeric examples."""
    assert _sides(case.priced.total) == case.expected.total
    if case.expected.rounded is not None:
        assert _sides(rounded(case.priced).total) == case.expected.rounded


@each_case
def test_the_lines_are_as_written(case: Case) -> None:
    """TAR-037 to TAR-041: for each dimension, at each moment, the first Element that applies and names it."""
    written = [
        ExpectedLine(
            line["dimension"],
            _volume(line["volume"]),
            _volume(line["billed"]),
            Decimal(line["unit_price"]),
            Decimal(line["cost"]),
        )
        for line in case.expected.lines
    ]
    assert [_line(line) for line in case.priced.lines] == written


@pytest.mark.parametrize("case", [case for case in CASES_OF_PRICING if case.expected.periods is not None], ids=str)
def test_the_charging_periods_are_as_written(case: Case) -> None:
    """CDR-031, CDR-032, CDR-033, CDR-034: a period ends exactly where a price changes, and there are no more."""
    written = [
        (datetime.fromisoformat(period.pop("start")), {type: _volume(volume) for type, volume in period.items()})
        for period in (dict(period) for period in case.expected.periods or ())
    ]
    assert [_period(period) for period in case.priced.periods] == written
    assert {period.tariff_id for period in case.priced.periods} == {case.tariff.id}


@each_case
def test_what_was_used_is_what_was_measured(case: Case) -> None:
    """TAR-080: volumes stay as measured, whatever a step size bills."""
    measured = stretches(case.session)
    assert case.priced.used.kwh == sum(piece.kwh for piece in case.session.stretches)
    assert case.priced.lasted == measured[-1].ended_at - measured[0].started_at


def _sides(amount: Amount) -> tuple[Decimal | None, Decimal | None]:
    return amount.excl, amount.incl


def _line(line: Line) -> ExpectedLine:
    return ExpectedLine(
        line.dimension, line.volume, line.billed_volume, line.unit_price, plain(line.amount.price.before_taxes)
    )


def _period(period: ChargingPeriod) -> tuple[datetime, dict[str, Decimal]]:
    return period.started_at, {str(dimension.type): dimension.volume for dimension in period.dimensions}
