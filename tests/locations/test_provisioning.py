"""What an operator may set up about a station, and what is a slip."""

import pytest

from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.locations.actions import Provisioning


@pytest.mark.parametrize("said", ['{"protocols": []}', '{"protocols": ["1.6"]}', '{"security_profile": 4}'])
def test_a_station_that_could_not_come_in_any_more_is_a_slip(said: str) -> None:
    with pytest.raises(Unreadable):
        json.decode(said, Provisioning)
