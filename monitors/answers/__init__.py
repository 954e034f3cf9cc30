"""Final answers in text: where they are stated, and whether two of them are the same."""
