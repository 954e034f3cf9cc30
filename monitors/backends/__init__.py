"""Access to models behind small protocols."""
