"""Rubrics that people write: versions of their words, runs of a judge over transcripts, results, admission."""
