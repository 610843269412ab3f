"""The whole product as a person meets it: Chromium, the web process under gunicorn, real servers behind it."""
