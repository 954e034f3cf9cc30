"""How well judges, programs, their combination and baselines tell labelled transcripts apart, side by side."""
