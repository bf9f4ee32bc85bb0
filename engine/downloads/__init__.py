"""Files that data sets are read from: fetched once, checked, and read by small readers of our own (never a pickle)."""
