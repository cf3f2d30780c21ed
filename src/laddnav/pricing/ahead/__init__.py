"""What lies ahead: of a charge that has not begun, and of one that is not over."""
