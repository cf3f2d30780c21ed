"""What the house can do, figure by figure, each beside the limit that this very machine sets in the same run."""
