"""An OpenID provider for the local stack and tests. It can act as Microsoft Entra (v1 and v2) or as AD FS.

Tokens, metadata, keys and errors have the formats described in docs/facts/exchange.md §10. PyJWT signs the tokens. The
provider is as strict as real providers. A code is only valid once, and only for its client, redirect URI and PKCE
verifier.
"""
