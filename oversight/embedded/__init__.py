"""The embedded default: PostgreSQL, Valkey, web and workers from the package index alone, under one supervisor."""
