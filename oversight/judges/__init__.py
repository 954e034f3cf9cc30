"""Judge health: canaries, agreement, drift, hijack rates, and the alarms that follow from them."""
