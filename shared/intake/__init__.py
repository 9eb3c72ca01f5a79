"""How word of new messages comes in: webhook, notices, the watcher's subscription and sweep."""
