"""All SQL of settling, a file for each thing that is kept."""
