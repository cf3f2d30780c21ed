"""What happens between us and a partner."""

from laddnav.db.events import Event


class ConnectionChanged(Event, frozen=True, kw_only=True):
    """A partner was invited, registered, changed its credentials, fell silent, answers again, or left."""

    connection_id: str

    @property
    def about(self) -> str:
        return self.connection_id


class HandshakeWentOn(Event, frozen=True, kw_only=True):
    """A step of a handshake with a partner has begun or ended."""

    connection_id: str

    @property
    def about(self) -> str:
        return self.connection_id


class ExaminationWentOn(Event, frozen=True, kw_only=True):
    """The tester has asked a partner something, or has a report."""

    connection_id: str

    @property
    def about(self) -> str:
        return self.connection_id


class CommandAnswered(Event, frozen=True, kw_only=True):
    """What became of a command that we sent; `result` is OCPI's CommandResultType, or TIMEOUT where nobody answered."""

    command_id: str
    result: str

    @property
    def about(self) -> str:
        return self.command_id
