"""Equipment mailboxes, in Exchange Online or on-premises."""
