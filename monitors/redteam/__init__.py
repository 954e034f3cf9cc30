"""The arena: coders against monitors on real covers, beside an oracle that knows the coder."""
