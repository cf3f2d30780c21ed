"""What happens to charges that are held."""

from __future__ import annotations

from laddnav.db.events import Event


class ProofReleased(Event, frozen=True, kw_only=True):
    """A charge waits for nobody any more: a person has decided, or what held it is no more so."""

    ref: str

    @property
    def about(self) -> str:
        return self.ref
