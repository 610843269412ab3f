"""What is shown, declared."""
