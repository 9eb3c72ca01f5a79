"""How new messages are discovered: the webhook, notices, and the watcher's subscription and sweep."""
