"""Real transcripts that come with the product, and the command that sends them through the public API."""
