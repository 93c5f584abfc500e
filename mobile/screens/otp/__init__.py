"""The one-time code, and the authenticator's code after it."""
