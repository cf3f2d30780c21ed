"""Each folder of tests/cases/pricing is a charge, a tariff in OCPI's words and the price that follows, line by line.

Most are the specification's own examples; `shows` in session.json names the requirements that a case shows.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from msgspec import Struct, convert

from laddnav.kit.energy import kwh
from laddnav.kit.json import decode
from laddnav.metering.model import Activity, ChargingPeriod, Dimension, Stretch
from laddnav.ocpi.wire.charge import read_tariffs
from laddnav.pricing import OURS, Charge, Policy, Priced, metered, price, rounded
from laddnav.pricing.flags import Flag
from laddnav.pricing.model import Amount, Line
from laddnav.pricing.rounding import in_hours, plain
from laddnav.tariffs.model import Tariff

CASES = Path(__file__).parents[1] / "cases"
HOURS = ("TIME", "PARKING_TIME", "RESERVATION_TIME")
Sides = tuple[Decimal | None, Decimal | None]


class Piece(Struct, forbid_unknown_fields=True):
    length: str
    kwh: Decimal
    activity: Activity = Activity.CHARGING
    current: Decimal | None = None


class Session(Struct, forbid_unknown_fields=True):
    shows: tuple[str, ...]
    says: str
    start: datetime
    zone: str | None = None
    country: str | None = None
    stretches: tuple[Piece, ...] = ()
    periods: tuple[dict[str, str], ...] = ()
    length: str = "0"
    tariff: str = ""


class ExpectedLine(NamedTuple):
    dimension: str
    volume: Decimal
    billed: Decimal
    unit_price: Decimal
    cost: Decimal


class Other(Struct, forbid_unknown_fields=True):
    """What the same charge comes to when it is read otherwise, or by who knows more."""

    total: Sides
    parts: dict[str, Sides] = {}
    policy: dict[str, Any] = {}
    expired: bool | None = None


class Expected(Struct, forbid_unknown_fields=True):
    total: Sides
    lines: tuple[dict[str, str], ...] | None = None
    rounded: Sides | None = None
    parts: dict[str, Sides] = {}
    flags: tuple[Flag, ...] = ()
    periods: tuple[dict[str, str], ...] | None = None
    otherwise: tuple[Other, ...] = ()


class Case(NamedTuple):
    name: str
    session: Session
    tariffs: tuple[Tariff, ...]
    expected: Expected

    def priced(self, policy: Policy = OURS, expired: bool | None = None) -> Priced:
        if self.session.periods:
            return price(charge(self), policy=policy, expired=expired)
        assert self.session.zone is not None
        (tariff,) = self.tariffs
        return metered(tariff, stretches(self.session), self.session.zone, policy=policy)

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


def charge(case: Case) -> Charge:
    session = case.session
    return Charge(
        started_at=session.start,
        ended_at=session.start + _length(session.length),
        currency="EUR",
        zone=session.zone,
        country=session.country,
        tariffs=case.tariffs,
        periods=tuple(_written(session, dict(period)) for period in session.periods),
    )


def _written(session: Session, said: dict[str, str]) -> ChargingPeriod:
    started_at, tariff_id = session.start + _length(said.pop("start")), said.pop("tariff_id", None)
    dimensions = [Dimension(kind, _volume(amount)) for kind, amount in said.items()]
    return ChargingPeriod(started_at=started_at, dimensions=tuple(dimensions), tariff_id=tariff_id)


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
    expected = msgspec.json.decode((folder / "priced.json").read_bytes(), type=Expected)
    return Case(folder.name, session, read_tariffs(origin.read_bytes()), expected)


CASES_OF_PRICING = [_case(folder) for folder in sorted((CASES / "pricing").glob("*/"))]
METERED = [case for case in CASES_OF_PRICING if case.session.stretches]
each_case = pytest.mark.parametrize("case", CASES_OF_PRICING, ids=str)
each_metered_case = pytest.mark.parametrize("case", METERED, ids=str)


@each_case
def test_the_total_is_as_written(case: Case) -> None:
    """TAR-025: the specification's numeric examples, and what its sentences come to; a case names what it shows."""
    done = case.priced()
    assert _sides(done.total) == case.expected.total
    if case.expected.rounded is not None:
        assert _sides(rounded(done).total) == case.expected.rounded
    assert _parts(done, case.expected.parts) == case.expected.parts


@pytest.mark.parametrize(
    ("case", "other"),
    [
        pytest.param(case, other, id=f"{case}-{'-'.join(map(str, other.policy.values())) or 'told'}")
        for case in CASES_OF_PRICING
        for other in case.expected.otherwise
    ],
)
def test_read_otherwise_it_comes_to_what_others_say(case: Case, other: Other) -> None:
    """Every row of docs/reference/pricing-readings.md is a switch, and the other answer is a price too."""
    policy = convert({"name": "otherwise", **other.policy}, Policy)
    done = rounded_if_asked(case.priced(policy, other.expired), policy)
    assert _sides(done.total) == other.total
    assert _parts(done, other.parts) == other.parts


@pytest.mark.parametrize("case", [case for case in CASES_OF_PRICING if case.expected.lines is not None], ids=str)
def test_the_lines_are_as_written(case: Case) -> None:
    """TAR-037, TAR-038, TAR-039, TAR-040, TAR-041: the first Element that applies and names the dimension."""
    written = [
        ExpectedLine(
            line["dimension"],
            _volume(line["volume"]),
            _volume(line["billed"]),
            Decimal(line["unit_price"]),
            Decimal(line["cost"]),
        )
        for line in case.expected.lines or ()
    ]
    assert [_line(line) for line in case.priced().lines] == written


@pytest.mark.parametrize("case", [case for case in CASES_OF_PRICING if case.session.periods], ids=str)
def test_what_one_should_know_of_a_price_is_flagged(case: Case) -> None:
    assert {flagged.flag for flagged in case.priced().flags} == set(case.expected.flags)


@pytest.mark.parametrize("case", [case for case in CASES_OF_PRICING if case.expected.periods is not None], ids=str)
def test_the_charging_periods_are_as_written(case: Case) -> None:
    """CDR-031, CDR-032, CDR-033, CDR-034: a period ends exactly where a price changes, and there are no more."""
    written = [
        (datetime.fromisoformat(period.pop("start")), {type: _volume(volume) for type, volume in period.items()})
        for period in (dict(period) for period in case.expected.periods or ())
    ]
    assert [_period(period) for period in case.priced().periods] == written
    assert {period.tariff_id for period in case.priced().periods} == {tariff.id for tariff in case.tariffs}


@each_metered_case
def test_what_was_used_is_what_was_measured(case: Case) -> None:
    """TAR-080: volumes stay as measured, whatever a step size bills."""
    measured = stretches(case.session)
    assert case.priced().used.kwh == sum(piece.kwh for piece in case.session.stretches)
    assert case.priced().lasted == measured[-1].ended_at - measured[0].started_at


# A period is priced as at its start, and energy that begins to flow back on a border is still above it.
@pytest.mark.parametrize("case", [case for case in METERED if case.name != "energy-flows-back-over-a-border"], ids=str)
def test_who_gets_our_periods_comes_to_our_price(case: Case) -> None:
    """CDR-036: the dimensions are enough to compute the total again, from the CDR alone.

    Thirds of an hour end somewhere in a CDR, so it may be off by less than any coin.
    """
    done, measured = case.priced(), stretches(case.session)
    again = price(
        Charge(
            started_at=measured[0].started_at,
            ended_at=measured[-1].ended_at,
            currency="EUR",
            zone=case.session.zone,
            tariffs=case.tariffs,
            periods=done.periods,
        )
    )
    for theirs, ours in zip(_sides(again.total), _sides(done.total), strict=True):
        assert (theirs is None) is (ours is None)
        assert theirs is None or ours is None or abs(theirs - ours) < Decimal("1e-6")
    assert [line.dimension for line in again.lines] == [line.dimension for line in done.lines]
    assert [(line.element, line.component) for line in again.lines] == [(o.element, o.component) for o in done.lines]


def rounded_if_asked(done: Priced, policy: Policy) -> Priced:
    return rounded(done, policy) if policy.rounding is not OURS.rounding else done


def _sides(amount: Amount) -> Sides:
    return amount.excl, amount.incl


def _parts(done: Priced, named: Iterable[str]) -> dict[str, Sides]:
    return {part: _sides(getattr(done, part)) for part in named}


def _line(line: Line) -> ExpectedLine:
    return ExpectedLine(line.dimension, line.volume, line.billed_volume, line.unit_price, _cost(line.amount))


def _cost(amount: Amount) -> Decimal:
    """Before taxes, where that is known."""
    side = amount.incl if amount.excl is None else amount.excl
    assert side is not None
    return plain(side)


def _period(period: ChargingPeriod) -> tuple[datetime, dict[str, Decimal]]:
    return period.started_at, {str(dimension.type): dimension.volume for dimension in period.dimensions}


def test_every_case_of_the_readings_says_something_else_than_ours() -> None:
    """A switch that changes nothing would be none."""
    for case in CASES_OF_PRICING:
        for other in case.expected.otherwise:
            ours = (case.expected.total, {part: case.expected.parts[part] for part in other.parts})
            assert (other.total, other.parts) != ours, case.name


def test_every_answer_that_is_not_ours_has_a_case() -> None:
    """But the one that is no price: to refuse a charge of which nobody knows the time zone (`test_charge.py`)."""
    others = [other for case in CASES_OF_PRICING for other in case.expected.otherwise]
    given = {(name, str(answer)) for other in others for name, answer in other.policy.items()}
    ours = {name: getattr(OURS, name) for name in Policy.__struct_fields__ if name != "name"}
    every = {(name, str(one)) for name, mine in ours.items() for one in _answers(mine) if one is not mine}
    assert given == every - {("no_zone", "REFUSE")}


def _answers(mine: bool | StrEnum) -> Iterable[object]:
    return (False, True) if isinstance(mine, bool) else type(mine)
