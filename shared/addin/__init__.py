"""What the add-in in Outlook asks for."""
