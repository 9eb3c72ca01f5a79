"""How we learn of new messages: webhook, notices, the watcher's subscription and sweep."""
