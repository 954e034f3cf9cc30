"""Monitors on transcripts: deployments, runs with leases and fencing, scores, judge admission."""
