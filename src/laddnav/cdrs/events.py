"""What happens to a charge that is over."""

from laddnav.db.events import Event


class CdrClosed(Event, frozen=True, kw_only=True):
    """A CDR of ours is final."""

    cdr_id: str
    owner: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.cdr_id}"


class CdrReceived(Event, frozen=True, kw_only=True):
    """A partner's CDR arrived and is kept."""

    cdr_id: str
    owner: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.cdr_id}"
