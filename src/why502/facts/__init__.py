"""Facts that several suspects share, computed once before judging: summaries, clusters, the join."""
