"""Money that is paid to us: through providers, step by step; and at others' terminals, as they tell it."""
