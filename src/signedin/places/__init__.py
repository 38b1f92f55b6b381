"""IP databases."""
