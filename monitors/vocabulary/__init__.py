"""Which words a set of transcripts uses, how often, how unevenly, beside which others, and what that may tell."""
