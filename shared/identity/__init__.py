"""Who is calling: users of the add-in, admins, conferencing nodes."""
