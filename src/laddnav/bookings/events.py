"""What changes about what can be booked, and about what was."""

from laddnav.db.events import Event


class BookingLocationChanged(Event, frozen=True, kw_only=True):
    """It is new or different, or something at it was booked or is free again."""

    owner: str
    booking_location_id: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.booking_location_id}"


class BookingChanged(Event, frozen=True, kw_only=True):
    """Somebody asked, was answered, came, or did not."""

    owner: str
    booking_id: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.booking_id}"
