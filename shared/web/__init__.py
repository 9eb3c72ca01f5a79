"""Code that the add-in, the console and the sign-in pages share: addresses, headers, sources, icons."""
