"""Authentication of callers: users of the add-in, admins, conferencing nodes."""
