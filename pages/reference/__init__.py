"""The page Reference: every part, explained from its own docstring."""
