"""The web console: its page and its files. The browser gets its data from the management API."""
