"""What is announced about what meters said."""

from laddnav.db.events import Event


class DoubtRaised(Event, frozen=True, kw_only=True):
    """Something does not add up and was not billed; a person should look."""

    doubt_id: str
    session_id: str
    doubt: str = ""  # its DoubtKind

    @property
    def about(self) -> str:
        return self.doubt_id
