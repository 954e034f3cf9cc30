"""The command line: list, score and evaluate, without the dashboard."""
