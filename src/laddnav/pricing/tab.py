"""Stretches of a session, split at the tariff's borders, times the tariff: the price.

One fold for everybody: a Tab is opened when the session starts, advanced by each stretch and read at any moment; what
the driver sees while charging and what the Cdr says at the end are the same reading of the same Tab.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.bill import billed, total_of
from laddnav.pricing.borders import days_touched, refuse_too_much
from laddnav.pricing.model import Amount, CannotPrice, Priced, Tab
from laddnav.pricing.offers import offers
from laddnav.pricing.policy import OURS, Edited, Policy
from laddnav.pricing.restrictions import Moment
from laddnav.pricing.rounding import exact
from laddnav.pricing.stints import Course, with_fees
from laddnav.pricing.tally import counts_of, volumes_of
from laddnav.pricing.zones import zone_named
from laddnav.tariffs.model import Tariff


@exact
def opened(tariff: Tariff, at: datetime, zone: str, *, reserved: bool = False, policy: Policy = OURS) -> Tab:
    """The Tab of a session that starts now, or of a reservation. Raises CannotPrice for a zone that does not exist.

    A flat fee is due here, once, and only if it applies at this moment; after a reservation, when the charge begins.
    """
    tab = Tab(tariffs=(tariff,), zone=zone, opened_at=at, reserved=reserved)
    return with_fees(tab, offers(tariff, policy), Moment(at.astimezone(zone_named(zone, policy))))


def switched(tab: Tab, tariff: Tariff, *, policy: Policy = OURS) -> Tab:
    """The Tab on which another Tariff holds from the next stretch on, because the driver's preference changed.

    A new version of the Tariff that holds is no switch: the driver accepted the one that was promised at the start
    (OCPI 2.2.1 mod_tariffs_tariff_object, the last note but one). Others take the newest.
    """
    if tariff is tab.tariff or tariff == tab.tariff:
        return tab
    if tariff.id == tab.tariff.id and tariff.owner == tab.tariff.owner and policy.edited is Edited.AT_START:
        return tab
    return replace(tab, tariffs=(*tab.tariffs, tariff))


@exact
def advanced(tab: Tab, stretch: Stretch, *, policy: Policy = OURS) -> Tab:
    """The Tab after one more stretch; stretches come in order of time. Raises CannotPrice."""
    course = Course(tab, policy)
    course.add(stretch)
    return course.tab()


@exact
def priced(tab: Tab, *, over: bool = False, policy: Policy = OURS) -> Priced:
    """The price of a Tab as it stands. Reading it changes nothing, so it can be read at any moment.

    `over`: nothing follows, so a reservation that nobody used has expired.
    """
    return billed(counts_of(tab, over, policy), tab.tariff.currency, policy)


@exact
def total(tab: Tab, *, over: bool = False, policy: Policy = OURS) -> Amount:
    """That of `priced`, without lines, periods and flags: after each reading of each charge nobody asks for more."""
    return total_of(volumes_of(tab, over, policy), policy)


@exact
def metered(
    tariff: Tariff,
    stretches: Iterable[Stretch],
    zone: str,
    *,
    started_at: datetime | None = None,
    then: Sequence[tuple[datetime, Tariff]] = (),
    policy: Policy = OURS,
) -> Priced:
    """A whole session at once; it starts with its first stretch unless told otherwise. Raises CannotPrice.

    `then` are the Tariffs that held later, each from its moment on, where stretches have to be cut.
    """
    in_order = tuple(stretches)
    if not in_order and started_at is None:
        raise CannotPrice("A session without a stretch and without a start cannot be priced")
    if in_order:
        days = days_touched(in_order[0].started_at, in_order[-1].ended_at)
        refuse_too_much(offers(tariff, policy), len(in_order), days)
    reserved = bool(in_order) and in_order[0].activity is Activity.RESERVED
    tab = opened(tariff, started_at or in_order[0].started_at, zone, reserved=reserved, policy=policy)
    course, holding = Course(tab, policy), tariff
    for stretch in in_order:
        newest = [later for at, later in then if at <= stretch.started_at]
        if newest and newest[-1] is not holding:
            holding = newest[-1]
            course = Course(switched(course.tab(), holding, policy=policy), policy)
        course.add(stretch)
    return priced(course.tab(), over=True, policy=policy)
