"""What models produced: runs, transcripts, messages; ingestion and the audited read."""
