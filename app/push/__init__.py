"""What changes in PostgreSQL, told at once to everybody who watches: database to topics to sockets."""
