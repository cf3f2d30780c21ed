"""The engine and a second opinion that shares no code with it agree on every price."""

from collections.abc import Iterable
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.metering.model import Activity
from laddnav.pricing.charge import price
from laddnav.pricing.model import Amount, Charge, Priced
from laddnav.pricing.policy import OURS, Crossing, Expired, Partials, Policy, Step
from laddnav.pricing.tab import advanced, metered, opened, priced, switched
from tests.laws import oracle
from tests.laws.charges import BOTH_WAYS, Scene, Visit, charges, scenes, used, visits
from tests.laws.reckoning import Bill, Row, Sides
from tests.laws.tariffs import ANY_TAX, policies, tariffs

CLOSE = Fraction(1, 10**9)
MICROSECOND = Fraction(1, 3600 * 10**6)  # hours
PARTS = ("total", "fixed", "energy", "time", "parking", "reservation")
UNITS = {"kWh": 1000, "h": 3600, "x": 1}

# The answers of a policy by which a number changes. The others only refuse, or say what nobody else knows.
IN_ANY = (
    "step_volume",
    "step_time",
    "step_reservation",
    "flats",
    "duration_from",
    "extent",
    "missing",
    "window_day",
    "equal_window",
    "limit_sides",
    "limit_tax",
    "limit_scope",
    "partials",
    "missing_vat",
    "without_vat",
    "not_applicable",
    "local_time",
    "without_limits",
    "reservation_leaks",
)
OF_A_METER = (*IN_ANY, "pause")
OF_A_CDR = (*IN_ANY, "step", "crossing", "volume", "unwritten_time", "untold", "edited", "expired")


def assert_agree(done: Priced, bill: Bill, policy: Policy = OURS) -> None:
    close = _as_close_as_is_cut(done, bill)
    for name in PARTS:
        ours, theirs = getattr(done, name), getattr(bill, name)
        assert _close(ours, theirs, close), f"{name}: engine {ours.excl} / {ours.incl}, oracle {_readable(theirs)}"
    for name in PARTS[1:]:
        # Which taxes a part has over which a limit was spread that bounds each side on its own, no text says.
        if policy.partials is Partials.UNCHANGED or _has_its_taxes(getattr(bill, name)):
            _assert_taxes_agree(getattr(done, name), getattr(bill, name), name, close)
    lines = {kind: volumes for kind, volumes in _lines(done).items() if any(volumes)}
    rows = {kind: volumes for kind, volumes in _rows(bill).items() if any(volumes)}
    assert lines.keys() == rows.keys()
    for kind, volumes in lines.items():
        assert all(abs(one - other) < CLOSE * 3600 for one, other in zip(volumes, rows[kind], strict=True)), kind


def _as_close_as_is_cut(done: Priced, bill: Bill) -> Fraction:
    """At the border of each period a microwatt-hour, or a microsecond of the clock, may be at the other price."""
    energy = _dearest(row for row in bill.rows if row.dimension == "ENERGY")
    hour = _dearest(row for row in bill.rows if row.dimension not in ("ENERGY", "FLAT"))
    return CLOSE * (1 + len(done.periods) * energy) + len(done.periods) * hour * MICROSECOND


def _dearest(rows: Iterable[Row]) -> Fraction:
    """With its taxes."""
    prices = (abs(Fraction(row.by.own.price)) * (100 + Fraction(row.by.own.vat or 0)) / 100 for row in rows)
    return max(prices, default=Fraction(0))


def _assert_taxes_agree(ours: Amount, theirs: Sides, name: str, close: Fraction) -> None:
    """Each percentage, its amount and what it is taken of; a limit's own taxes are in no part."""
    said = {Fraction(tax.percentage): tax for tax in ours.taxes if tax.percentage is not None and tax.base}
    counted = {percentage: tax for percentage, tax in theirs.taxes.items() if any(tax)}
    assert said.keys() == counted.keys(), name
    for percentage, (amount, base) in counted.items():
        tax = said[percentage]
        assert tax.base is not None and abs(Fraction(tax.base) - base) < close, name
        assert abs(Fraction(tax.amount) - amount) < close, name


def _has_its_taxes(theirs: Sides) -> bool:
    """Whether it names any, and they lie between its sides."""
    if theirs.excl is None or theirs.incl is None or not theirs.taxes:
        return False
    return sum(amount for amount, _ in theirs.taxes.values()) == theirs.incl - theirs.excl


def _close(ours: Amount, theirs: Sides, close: Fraction) -> bool:
    for one, other in ((ours.excl, theirs.excl), (ours.incl, theirs.incl)):
        if one is None or other is None:
            if not (one is None and other is None):
                return False
        elif abs(Fraction(one) - other) > close:
            return False
    return True


def _readable(sides: Sides) -> str:
    return " / ".join("unknown" if side is None else str(float(side)) for side in sides[:2])


Volumes = dict[tuple[str, str, int, int], tuple[Fraction, Fraction]]


def _lines(done: Priced) -> Volumes:
    """As measured and as billed, for each component in the order of the bill."""
    found: Volumes = {}
    for line in done.lines:
        if line.element is not None and line.component is not None:
            kind, unit = (line.dimension, line.tariff_id, line.element, line.component), UNITS[line.unit]
            volume, billed = found.get(kind, (Fraction(0), Fraction(0)))
            found[kind] = volume + Fraction(line.volume) * unit, billed + Fraction(line.billed_volume) * unit
    return found


def _rows(bill: Bill) -> Volumes:
    found: Volumes = {}
    for row in bill.rows:
        kind = (row.dimension, row.by.tariff.id, row.by.element, row.by.component)
        volume, billed = found.get(kind, (Fraction(0), Fraction(0)))
        found[kind] = volume + row.volume, billed + row.billed
    return found


@given(scenes())
def test_a_metered_session(scene: Scene) -> None:
    """Every element, restriction, step and limit, decided moment by moment as the text says it.

    TAR-037, TAR-038, TAR-039, TAR-040, TAR-041, TAR-044, TAR-045, TAR-046, TAR-048, TAR-049, TAR-050, TAR-051, TAR-052,
    TAR-053, TAR-054, TAR-055, TAR-056, TAR-058, TAR-059, TAR-060, TAR-063, TAR-064, TAR-065, TAR-066, TAR-067, TAR-068,
    TAR-069, TAR-070, TAR-071, TAR-072, TAR-074, TAR-075, TAR-076, TAR-077.
    """
    assert_metered_alike(scene)


@given(scenes(visits(longest=60), taxes=ANY_TAX))
def test_a_metered_session_whatever_the_prices_say_of_their_taxes(scene: Scene) -> None:
    """TAR-030, TAR-031, TAR-032, TAR-081, TAR-082, TAR-083, TAR-084, TAR-085, TAR-086, TAR-087, TAR-116."""
    assert_metered_alike(scene)


@given(scenes(visits(flows=BOTH_WAYS, longest=60)))
def test_a_metered_session_that_feeds_energy_back(scene: Scene) -> None:
    """CDR-042: what is fed back lowers what has been used, and the price of energy with it."""
    assert_metered_alike(scene)


@given(scenes(visits(longest=60)), st.lists(st.booleans(), min_size=7, max_size=7))
def test_a_metered_session_in_which_the_tariff_changes(scene: Scene, preferred: list[bool]) -> None:
    """TAR-073: the other Tariff holds from its stretch on, nothing is rounded there, and no second fee is due."""
    visit = scene.visit
    held = [
        (scene.other if other else scene.tariff, stretch)
        for other, stretch in zip(preferred, visit.session, strict=False)
    ]
    tab = opened(held[0][0], visit.session[0].started_at, visit.zone, reserved=_waits(visit))
    for tariff, stretch in held:
        tab = advanced(switched(tab, tariff), stretch)
    assert_agree(priced(tab, over=True), oracle.metered(held, ZoneInfo(visit.zone), visit.tick))


def _waits(visit: Visit) -> bool:
    return visit.session[0].activity is Activity.RESERVED


@given(scenes(visits(longest=60), taxes=ANY_TAX), policies(OF_A_METER))
def test_a_metered_session_as_others_read_the_text(scene: Scene, policy: Policy) -> None:
    """Each answer in docs/reference/pricing-readings.md by which a number changes."""
    assert_metered_alike(scene, policy)


@given(scenes(visits(longest=60), flow=False), policies(OF_A_METER))
def test_a_metered_session_whose_periods_are_rounded_each(scene: Scene, policy: Policy) -> None:
    assert_metered_alike(scene, replace(policy, step=Step.PER_PERIOD))


def assert_metered_alike(scene: Scene, policy: Policy = OURS) -> None:
    tariff, visit, _ = scene
    session = [(tariff, stretch) for stretch in visit.session]
    bill = oracle.metered(session, ZoneInfo(visit.zone), visit.tick, policy)
    assert_agree(metered(tariff, visit.session, visit.zone, policy=policy), bill, policy)


@given(charges(untidy=True))
def test_a_written_charge(charge: Charge) -> None:
    """CDR-033, CDR-039, CDR-041: volumes as they are written, at the prices of each period's first moment."""
    assert_agree(price(charge), oracle.written(charge, _zone(charge)))


@given(charges(taxes=ANY_TAX))
def test_a_written_charge_whatever_the_prices_say_of_their_taxes(charge: Charge) -> None:
    """TAR-030, TAR-031, TAR-032, TAR-081, TAR-082, TAR-085, TAR-087, TAR-116."""
    assert_agree(price(charge), oracle.written(charge, _zone(charge)))


@given(charges(several=True))
def test_a_written_charge_of_several_tariffs(charge: Charge) -> None:
    """CDR-034, CDR-035: a period has the Tariff that it names, and is free where it names none or an unknown one."""
    assert_agree(price(charge), oracle.written(charge, _zone(charge)))


@given(charges(several=True), st.lists(st.sampled_from(["A", "new"]), min_size=1, max_size=2, unique=True), st.data())
def test_a_written_charge_under_tariffs_that_are_asked_for(charge: Charge, ids: list[str], data: st.DataObject) -> None:
    asked = tuple(data.draw(tariffs(id=id)) for id in ids)
    assert_agree(price(charge, tariffs=asked), oracle.written(charge, _zone(charge), asked=asked))


@settings(max_examples=25)  # each is looked at minute by minute; those read as others do are of both kinds too
@given(charges(energies=used), policies(OF_A_CDR))
def test_a_written_charge_shared_out_and_rounded_by_the_period(charge: Charge, policy: Policy) -> None:
    """CDR-031: where another component becomes active a period should have begun, and is rounded as one."""
    policy = replace(policy, step=Step.PER_PERIOD, crossing=Crossing.PRO_RATA, expired=Expired.ONLY_RESERVED)
    assert_agree(price(charge, policy=policy), oracle.written(charge, _zone(charge), policy), policy)


@given(
    charges(several=True, taxes=ANY_TAX, energies=used) | charges(taxes=ANY_TAX, energies=used),
    policies(OF_A_CDR),
    st.none() | st.booleans(),
)
def test_a_written_charge_as_others_read_the_text(charge: Charge, policy: Policy, told: bool | None) -> None:
    """Each answer in docs/reference/pricing-readings.md by which a number changes."""
    told = told if policy.expired is Expired.TOLD else None
    bill = oracle.written(charge, _zone(charge), policy, told=told)
    assert_agree(price(charge, policy=policy, expired=told), bill, policy)


def _zone(charge: Charge) -> ZoneInfo:
    assert charge.zone is not None
    return ZoneInfo(charge.zone)
