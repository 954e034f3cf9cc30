"""Encoders that hide a known payload in a transcript, each beside its decoder."""
