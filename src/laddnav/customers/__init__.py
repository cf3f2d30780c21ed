"""Who pays us: customers with their contracts."""
