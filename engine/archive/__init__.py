"""A whole run as one file, to be taken away and brought back."""
