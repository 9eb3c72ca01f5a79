"""Exchange Online by Microsoft Graph. Nothing here is imported before the first call needs it."""
