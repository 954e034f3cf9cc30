"""The house: ingestion, monitoring, review, alerts and the ledger that all of them write to."""
