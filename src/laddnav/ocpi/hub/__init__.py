"""What is particular to a hub, on both of its sides."""
