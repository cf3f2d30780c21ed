"""Payment terminals and what was captured at them, told to whom it concerns."""
