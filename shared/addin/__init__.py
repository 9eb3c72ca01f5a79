"""The server's side of the add-in in Outlook."""
