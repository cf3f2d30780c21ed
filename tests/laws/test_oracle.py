"""The engine and a second opinion that shares no code with it agree on every price."""

from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from laddnav.metering.model import Activity
from laddnav.pricing.charge import price
from laddnav.pricing.model import Amount, Charge, Priced
from laddnav.pricing.tab import advanced, metered, opened, priced, switched
from laddnav.tariffs.model import Tariff
from tests.laws import oracle
from tests.laws.charges import ANY_TAX, BOTH_WAYS, Visit, charges, tariffs, visits

CLOSE = Fraction(1, 10**9)


def assert_agree(done: Priced, bill: oracle.Bill) -> None:
    for name in bill._fields:
        ours, theirs = getattr(done, name), getattr(bill, name)
        assert _close(ours, theirs), f"{name}: engine {ours.excl} / {ours.incl}, oracle {_readable(theirs)}"


def _close(ours: Amount, theirs: oracle.Sides) -> bool:
    for one, other in ((ours.excl, theirs.excl), (ours.incl, theirs.incl)):
        if one is None or other is None:
            if not (one is None and other is None):
                return False
        elif abs(Fraction(one) - other) > CLOSE:
            return False
    return True


def _readable(sides: oracle.Sides) -> str:
    return " / ".join("unknown" if side is None else str(float(side)) for side in sides)


@given(tariffs(), visits())
def test_a_metered_session(tariff: Tariff, visit: Visit) -> None:
    """TAR-037 to TAR-077: every element, restriction, step and limit, decided moment by moment as the text says it."""
    bill = oracle.metered([(tariff, stretch) for stretch in visit.session], ZoneInfo(visit.zone), visit.tick)
    assert_agree(metered(tariff, visit.session, visit.zone), bill)


@given(tariffs(taxes=ANY_TAX), visits(longest=20))
def test_a_metered_session_whatever_the_prices_say_of_their_taxes(tariff: Tariff, visit: Visit) -> None:
    """TAR-081 to TAR-087, TAR-116: prices before and after taxes, without any, and without a word about them."""
    bill = oracle.metered([(tariff, stretch) for stretch in visit.session], ZoneInfo(visit.zone), visit.tick)
    assert_agree(metered(tariff, visit.session, visit.zone), bill)


@given(tariffs(), visits(flows=BOTH_WAYS, longest=60))
def test_a_metered_session_that_feeds_energy_back(tariff: Tariff, visit: Visit) -> None:
    """CDR-042: what is fed back lowers what has been used, and the price of energy with it."""
    bill = oracle.metered([(tariff, stretch) for stretch in visit.session], ZoneInfo(visit.zone), visit.tick)
    assert_agree(metered(tariff, visit.session, visit.zone), bill)


@given(tariffs(id="A"), tariffs(id="B"), visits(), st.integers(0, 6))
def test_a_metered_session_in_which_the_tariff_changes(first: Tariff, second: Tariff, visit: Visit, after: int) -> None:
    """TAR-073: the other Tariff holds from its stretch on, nothing is rounded there, and no second fee is due."""
    held = [(first if place < after else second, stretch) for place, stretch in enumerate(visit.session)]
    tab = opened(held[0][0], visit.session[0].started_at, visit.zone, reserved=_waits(visit))
    for tariff, stretch in held:
        if tariff is not tab.tariff:
            tab = switched(tab, tariff)
        tab = advanced(tab, stretch)
    assert_agree(priced(tab, over=True), oracle.metered(held, ZoneInfo(visit.zone), visit.tick))


def _waits(visit: Visit) -> bool:
    return visit.session[0].activity is Activity.RESERVED


@given(charges())
def test_a_written_charge(charge: Charge) -> None:
    """CDR-033, CDR-039, CDR-041: volumes as they are written, at the prices of each period's first moment."""
    assert_agree(price(charge), oracle.written(charge, _zone(charge)))


@given(charges(taxes=ANY_TAX))
def test_a_written_charge_whatever_the_prices_say_of_their_taxes(charge: Charge) -> None:
    """TAR-081 to TAR-087, TAR-116."""
    assert_agree(price(charge), oracle.written(charge, _zone(charge)))


@given(charges(several=True))
def test_a_written_charge_of_several_tariffs(charge: Charge) -> None:
    """CDR-034, CDR-035: a period has the Tariff that it names, and is free where it names none or an unknown one."""
    assert_agree(price(charge), oracle.written(charge, _zone(charge)))


def _zone(charge: Charge) -> ZoneInfo:
    assert charge.zone is not None
    return ZoneInfo(charge.zone)
