"""What happens at a site."""

from __future__ import annotations

from laddnav.db.events import Event


class SiteEvent(Event, frozen=True, kw_only=True):
    site_id: str

    @property
    def about(self) -> str:
        return self.site_id


class SiteChanged(SiteEvent, frozen=True, kw_only=True):
    """It is new, was set up differently, or is gone."""


class PlanMade(SiteEvent, frozen=True, kw_only=True):
    """Another plan is in force."""


class SiteLimited(SiteEvent, frozen=True, kw_only=True):
    """Somebody outside limits it, limits it no more, or is obeyed now."""


class MemberEvent(Event, frozen=True, kw_only=True):
    """About one Evse that a site feeds."""

    site_id: str
    station_id: str
    evse_no: int

    @property
    def about(self) -> str:
        return f"{self.station_id}/{self.evse_no}"


class FallbackWanted(MemberEvent, frozen=True, kw_only=True):
    """The Station is to keep to `amps` by itself there whenever nobody tells it what; None: to nothing any more.

    Whoever asks it tells what it answers: `sites.actions.fallback_answered`.
    """

    amps: str | None  # tenths of an ampere per phase, exact


class StationTakenOut(MemberEvent, frozen=True, kw_only=True):
    """It did not follow: nobody is to charge there, until an operator brings it back."""


class StationBroughtBack(MemberEvent, frozen=True, kw_only=True):
    """An operator trusts it again."""
