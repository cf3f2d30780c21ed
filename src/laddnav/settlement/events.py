"""What happens to settlements, to files held against them, and to what hosts are owed."""

from __future__ import annotations

from laddnav.db.events import Event


class SettlementChanged(Event, frozen=True, kw_only=True):
    """It moved, or one of its CDRs was put off."""

    ref: str

    @property
    def about(self) -> str:
        return self.ref


class FileWentOn(Event, frozen=True, kw_only=True):
    """A partner's file was read, or held against our CDRs, a step further."""

    ref: str

    @property
    def about(self) -> str:
        return self.ref


class HostOwed(Event, frozen=True, kw_only=True):
    """A host's share of a charge is known."""

    host: str

    @property
    def about(self) -> str:
        return self.host
