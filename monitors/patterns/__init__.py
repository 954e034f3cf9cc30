"""Pattern channels: choices that a reader could see, as streams of symbols, and what a clean text does with them."""
