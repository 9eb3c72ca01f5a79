"""An OpenID provider for the local stack and tests, which can act as Microsoft Entra (v1 and v2) and as AD FS.

Tokens, metadata, keys and errors have the forms described in docs/facts/exchange.md §10, and PyJWT signs the tokens.
The provider is as strict as the real ones. A code is valid only once, and only for its client, redirect URI and PKCE
verifier.
"""
