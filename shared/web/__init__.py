"""What the add-in, the sign-in pages and their policies share: addresses, headers, sources, icons."""
