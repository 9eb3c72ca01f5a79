"""Exchange Online through Microsoft Graph. Imported only when the first call needs it.

client.py           sending requests: retries, limits, four at a time for one mailbox
error_mapping.py    what Graph's refusals mean for us
credentials.py      access tokens
mailbox.py          the Mailbox
events.py           events that take more than one request
subscriptions.py    change notifications
access.py           testing what is allowed
payload.py          reading JSON; event_payload.py, message_payload.py, other_payloads.py one kind each
"""
