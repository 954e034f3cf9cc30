"""People, projects, roles and API keys."""
