"""More than one pair of eyes: disputes and who settles them, agreement between readers, and labels as files."""
