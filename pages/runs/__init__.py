"""The page Runs: find, open, compare, rename, stop, delete."""
