"""What happens to an invoice."""

from laddnav.db.events import Event


class InvoiceEvent(Event, frozen=True, kw_only=True):
    ref: str

    @property
    def about(self) -> str:
        return self.ref


class InvoiceGrew(InvoiceEvent, frozen=True, kw_only=True):
    """A charge was put onto an open invoice."""


class InvoiceIssued(InvoiceEvent, frozen=True, kw_only=True):
    """It has its number and is final."""


class InvoiceSettled(InvoiceEvent, frozen=True, kw_only=True):
    """Nothing of it is open any more."""


class InvoicePaidInPart(InvoiceEvent, frozen=True, kw_only=True):
    """Less of it is open than before, and something still."""


class InvoiceWrittenOff(InvoiceEvent, frozen=True, kw_only=True):
    """Nobody will pay it, as somebody decided."""


class InvoiceReminded(InvoiceEvent, frozen=True, kw_only=True):
    """Whoever owes it is to hear of that again."""

    level: int
