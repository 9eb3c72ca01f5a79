"""Exchange Web Services: the SOAP side of the simulated Exchange, over the same mailboxes as Graph."""
