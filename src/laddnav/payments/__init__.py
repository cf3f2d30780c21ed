"""Money that drivers pay at a terminal: where the terminals stand, and what was captured there."""
