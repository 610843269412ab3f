"""What the product reaches, measured side by side with the references of the budget; never part of a test run."""
