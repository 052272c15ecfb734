"""Makes the fault happen on purpose: bursts of fresh connections, and what became of each."""
