"""The web console: its page and its files. What it shows, the browser asks the management API for."""
