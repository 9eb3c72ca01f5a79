"""The server side of the Outlook add-in."""
