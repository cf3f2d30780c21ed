"""Which phase a car is to be on that draws from one alone, where its Station can choose; pure."""

from __future__ import annotations

from laddnav.scheduling import committed
from laddnav.scheduling.room import fuses_of
from laddnav.sites import fuses
from laddnav.sites.facts import Facts
from laddnav.sites.model.site import Member
from laddnav.sites.moment import moment


def lone_phase(facts: Facts, member: Member) -> int | None:
    """The Station's own number of it, from 1: that on which a car is already, else the one with the most left.

    Left is what every fuse on the way has beside the building and all that other cars may draw. None: only one is
    wired, so that there is nothing to choose, or its car is on several now.
    """
    if len(member.phases) < 2:
        return None
    now = moment(facts)
    names = [one.id for one in now.outlets]
    if (name := fuses.name_of(member)) not in names:
        return None
    mine = now.outlets[names.index(name)]
    wired = fuses.phases(member)
    if mine.busy and len(mine.phases) == 1:
        return wired.index(mine.phases[0]) + 1
    others = [one for one in now.outlets if one.id != mine.id]
    drawn = [[0.0, 0.0, 0.0] for _ in now.panels]
    if others:
        most = [committed.most(one, now.at, now.at) for one in others]
        drawn = (fuses_of(now.panels, others) @ most).reshape(-1, 3).tolist()
    building = now.building_max if now.building is None else now.building
    left = {
        phase: min(
            now.panels[panel].amps_max[phase] - drawn[panel][phase] - (building[phase] if panel == 0 else 0.0)
            for panel in fuses.through(facts.site)[member]
        )
        for phase in wired
    }
    return wired.index(max(wired, key=left.__getitem__)) + 1
