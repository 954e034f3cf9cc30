"""What monitors reach on public data, as tables with intervals that anyone can make again."""
