"""What a text is written in: natural languages, scripts, ciphers and encodings, and how English it reads."""
