"""What we fetch from partners: lists, from their beginning to their end."""
