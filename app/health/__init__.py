"""What numbers mean. Pure."""
