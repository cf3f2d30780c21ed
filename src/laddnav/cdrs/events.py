"""What happens to a charge that is over."""

from laddnav.db.events import Event


class CdrEvent(Event, frozen=True, kw_only=True):
    """About one CDR; `owner` is the CPO as text."""

    cdr_id: str
    owner: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.cdr_id}"


class CdrClosed(CdrEvent, frozen=True, kw_only=True):
    """A CDR of ours is final."""


class CdrReceived(CdrEvent, frozen=True, kw_only=True):
    """A partner's CDR arrived and is kept; whether it is right is to be seen."""


class CdrAccepted(CdrEvent, frozen=True, kw_only=True):
    """A partner's CDR is right, or somebody took it as it is: it can be billed."""


class CdrDisputed(CdrEvent, frozen=True, kw_only=True):
    """A partner's CDR is held until somebody has decided."""


class CdrRefused(CdrEvent, frozen=True, kw_only=True):
    """A held CDR of a partner stays unbilled: somebody rejected it, or its sender took it back."""
