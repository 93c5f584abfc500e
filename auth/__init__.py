"""Who is asking and what they may do: signing in, sessions, API tokens, the role table."""
