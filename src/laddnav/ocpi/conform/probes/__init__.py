"""What is asked of a peer, a file a subject; each probe is one stretch of the conversation and judges nothing."""
