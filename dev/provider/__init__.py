"""An OpenID provider for the local stack and tests, with two faces: Microsoft Entra's (v1 and v2) and AD FS's.

Tokens, metadata, keys and refusals have the shapes of docs/facts/exchange.md §10; signatures are PyJWT's. It is as
strict as the real ones: a code is valid once, for its client, redirect URI and PKCE verifier.
"""
