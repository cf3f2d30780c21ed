"""What changes about what is promised."""

from laddnav.db.events import Event


class TariffChanged(Event, frozen=True, kw_only=True):
    """A Tariff is new, different, or withdrawn."""

    owner: str
    tariff_id: str
    withdrawn: bool = False

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.tariff_id}"


class TariffRegrouped(Event, frozen=True, kw_only=True):
    """A Tariff of ours is for other drivers than before: what Connectors offer to whom has changed with it."""

    owner: str
    tariff_id: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.tariff_id}"
