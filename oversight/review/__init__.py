"""The review loop: queues, items, leased assignments, verdicts with an undo window."""
