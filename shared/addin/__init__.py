"""What the add-in in Outlook requests."""
