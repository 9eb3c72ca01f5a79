"""The settings, one module per section of the admin's form."""
