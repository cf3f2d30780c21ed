"""What every OCPI version spells alike."""
