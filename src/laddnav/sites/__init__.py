"""A grid connection with its panels, who charges behind it, and the plan in force."""
