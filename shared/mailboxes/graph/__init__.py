"""Exchange Online through Microsoft Graph. Imported only when the first call needs it.

client.py           sends requests: retries, limits, at most four at a time for one mailbox
error_mapping.py    maps Graph's refusals to our own errors
credentials.py      access tokens
mailbox.py          the Mailbox
events.py           events that take more than one request
subscriptions.py    change notifications
access.py           tests what the app may do
payload.py          parses JSON; event_payload.py, message_payload.py and other_payloads.py parse one kind each
"""
