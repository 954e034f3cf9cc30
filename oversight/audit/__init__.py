"""The beam: a service records one event with each change; everything else is told from that event."""
