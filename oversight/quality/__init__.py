"""How good a monitor is, against the labels that there are: figures, charts, and the threshold that they suggest."""
