"""The engine and a second opinion that shares no code with it agree on every price."""

from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given

from laddnav.pricing.model import Amount, Priced
from laddnav.pricing.tab import metered
from laddnav.tariffs.model import Tariff
from tests.laws import oracle
from tests.laws.charges import Visit, tariffs, visits

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


@given(tariffs(), visits(reserved=False))
def test_a_metered_session(tariff: Tariff, visit: Visit) -> None:
    """TAR-037 to TAR-077: every element, restriction, step and limit, decided moment by moment as the text says it."""
    bill = oracle.metered([(tariff, stretch) for stretch in visit.session], ZoneInfo(visit.zone), visit.tick)
    assert_agree(metered(tariff, visit.session, visit.zone), bill)
