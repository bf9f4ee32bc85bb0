"""The page Your data: upload a file, correct how it was read, or draw points."""
