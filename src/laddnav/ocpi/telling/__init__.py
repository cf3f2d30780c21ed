"""What we tell partners: our words, who is concerned by news, and the courier that takes it there."""
