"""What there is to be read of a site: the plan in force, how it stands now, what was, and what planning was worth."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.sites import store
from laddnav.sites.actions.setting_up import fetch
from laddnav.sites.model import SitePlan


async def plan_of(unit: Unit, holder: PartyId, site_id: str) -> SitePlan | None:
    """The plan in force; None: none was made yet. Raises UnknownSite."""
    return await store.plan(unit, await fetch(unit, holder, site_id))
