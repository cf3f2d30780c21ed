"""Many charges at once, by the column; the only rooms of pricing that need numpy."""
