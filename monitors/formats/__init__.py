"""One file per wire format: bytes or JSON in, Transcript out. Pure functions."""
