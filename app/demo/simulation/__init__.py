"""A simulated Tamma: one world that tells the same story in metrics, Pino log files and stored events."""
