"""What changes about who may charge."""

from laddnav.db.events import Event


class TokenChanged(Event, frozen=True, kw_only=True):
    owner: str
    type: str
    uid: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.type}/{self.uid}"
