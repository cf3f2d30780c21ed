"""Who we are: our own parties, the companies that hold everything else in this installation."""
