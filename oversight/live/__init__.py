"""Live push: hints over the channel layer, facts from the ledger, ids only."""
