"""How we learn about new messages: webhook, notices, the watcher's subscription and sweep."""
