"""What a session remembers, and the texts in its language."""
