"""The triggers. Each one binds, parses, makes one call into shared/ and responds; all other code is in shared/."""
