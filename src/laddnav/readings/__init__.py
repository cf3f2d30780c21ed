"""What meters said, kept: registers, signed records, named doubts."""
