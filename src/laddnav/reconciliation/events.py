"""What happens to a Record."""

from __future__ import annotations

from enum import StrEnum

from laddnav.db.events import Event


class Change(StrEnum):
    NEW = "new"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


class RecordChanged(Event, frozen=True, kw_only=True):
    """A Record of ours or of a partner is there, is different, or never should have been."""

    owner: str
    record_id: str
    change: Change

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.record_id}"
