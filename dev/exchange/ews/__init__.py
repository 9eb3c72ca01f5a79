"""Exchange Web Services: the simulated Exchange's SOAP interface. It uses the same mailboxes as Graph."""
