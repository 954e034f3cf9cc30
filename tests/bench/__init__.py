"""Benchmarks: each `bench_*.py` has `main() -> list[str]` and prints ratios against a baseline of the same run."""
