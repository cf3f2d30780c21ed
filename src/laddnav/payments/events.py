"""What happens to payments, to payment terminals, and to what was captured at them."""

from __future__ import annotations

from laddnav.db.events import Event


class PaymentChanged(Event, frozen=True, kw_only=True):
    """Somebody wants something else of it, or its provider has done something."""

    ref: str

    @property
    def about(self) -> str:
        return self.ref


class TicketChanged(Event, frozen=True, kw_only=True):
    """A charge that its driver pays for here and now has come further."""

    ref: str

    @property
    def about(self) -> str:
        return self.ref


class TerminalEvent(Event, frozen=True, kw_only=True):
    """`owner` is the provider."""

    owner: str
    terminal_id: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.terminal_id}"


class TerminalChanged(TerminalEvent, frozen=True, kw_only=True):
    """Its provider made it, or says something else of it."""


class TerminalAssigned(TerminalEvent, frozen=True, kw_only=True):
    """Its CPO said which Locations and Evses it serves."""


class TerminalDescribed(TerminalEvent, frozen=True, kw_only=True):
    """Its CPO said by what it knows it, and where the driver finds the invoice."""


class TerminalDeactivated(TerminalEvent, frozen=True, kw_only=True):
    """Its CPO has no use for it there any more."""


class ConfirmationChanged(Event, frozen=True, kw_only=True):
    """There is, or there changed, what was captured for a charge. `wanted`: its CPO makes the invoice, and is told."""

    owner: str
    confirmation_id: str
    wanted: bool = True

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.confirmation_id}"
