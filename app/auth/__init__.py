"""Sign-in, users, sessions, tokens, CSRF."""
