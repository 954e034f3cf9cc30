"""Pages across apps: overview, audit, admin."""
