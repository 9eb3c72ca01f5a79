"""Exchange Online by Microsoft Graph. Imported only when the first call needs it."""
