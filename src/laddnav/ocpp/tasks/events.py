"""What happens to tasks."""

from __future__ import annotations

from laddnav.db.events import Event


class TaskWentOn(Event, frozen=True, kw_only=True):
    """A task was begun, stopped or is over, or one of its Stations got further."""

    task: str

    @property
    def about(self) -> str:
        return self.task
