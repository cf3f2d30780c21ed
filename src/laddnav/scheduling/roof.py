"""What is left lying of a roof that can be told to give less: what may not go out, or would cost money there; pure.

Nothing of it is turned down that is used, or stored, at the site. Where a kWh that comes in costs less than nothing, it
would pay to use that instead of the sun; nobody is told so.
"""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from laddnav.scheduling.site import Floats, Plan
from laddnav.scheduling.table import Table


def turned_down(table: Table, grid: Floats) -> Floats:
    """(step) kW. `grid`: kW in, below zero out, were the roof to give all that it can."""
    left: Floats = np.clip(-grid - table.lets_out, 0.0, table.roof)
    return left


def with_roof(table: Table, plan: Plan) -> Plan:
    """The plan with the roof turned down where it is to be, which its cost knows already."""
    if not table.roof.any():
        return plan
    down = turned_down(table, plan.grid)
    return replace(plan, grid=plan.grid + down, roof_down=down)
