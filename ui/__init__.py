"""The web side: pages, the HTTP API and webhooks."""
