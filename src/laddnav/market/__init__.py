"""What energy costs today, and what carbon it carries: prices by the step, and what the grid asks beside them."""
