"""Webhooks that the platform sends: taken, signed, delivered, given up."""
