"""One file per monitor. Adding a monitor is adding a file here."""
