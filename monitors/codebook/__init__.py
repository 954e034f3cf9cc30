"""The red team's book read by a monitor: what its coders would have written, against what clean texts do."""
