"""The demo page: an Outlook-like window around the real pane. See app.py."""
