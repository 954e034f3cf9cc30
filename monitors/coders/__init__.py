"""The red team: coders that hide a known payload in a text (one file each, found by `coder.coders()`), and readers."""
