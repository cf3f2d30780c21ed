"""One Unit = one transaction; migrations; announced events and the queue that delivers them."""
