"""Data of a person's own: taken in by a process with limits, kept as plain arrays, never read as anything else."""
