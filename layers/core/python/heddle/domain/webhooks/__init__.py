"""Webhooks that the platform sends: where to, and when again."""
