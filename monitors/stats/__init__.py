"""Statistics with their formulas, shapes, directions and sources."""
