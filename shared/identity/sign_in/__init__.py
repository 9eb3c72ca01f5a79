"""User sign-in in a dialog: the authorization code flow with PKCE, state and nonce, with Azure or AD FS (P2, X5).

    pane                     dialog                          provider            this service
     │ verifier, challenge     │                                │                     │
     │ ─ opens ──────────────► │ GET …/sign-in?challenge ───────────────────────────► │  state_cookie.py: state
     │                         │ ◄──────── 302, cookie of this attempt ────────────── │  in a signed cookie
     │                         │ authorize?state&nonce&code_challenge ► │             │  provider.py
     │                         │ ◄──── 302 …/callback?code&state ────── │             │
     │                         │ GET …/callback, cookie ────────────────────────────► │  flow.py
     │                         │                                │ ◄─ code, verifier ─ │  endpoint.py
     │                         │                                │ ─ tokens ─────────► │  tokens.py
     │ ◄ one-time code ─────── │ ◄──── page with a one-time code ──────────────────── │  codes.py
     │ POST …/redeem: code, verifier ───────────────────────────────────────────────► │
     │ ◄──────────────────────────────────────────── session token ────────────────── │  sessions.py

How the steps are bound to each other. The cookie binds the callback to the browser that started the sign-in, so an
attacker cannot make a user finish another person's sign-in. The one-time code is bound to the pane that opened the
dialog by a verifier that only this pane has. A cookie would not work: Outlook on the web shows the pane in a frame on
another site, where browsers block the dialog's cookies (docs/facts/outlook-addin.md).
"""
