"""Signed webhooks: rules, endpoints, deliveries and their attempts."""
