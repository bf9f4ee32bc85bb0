"""Training: the trainer, the executor that takes its steps, instruments, heads, and what watches a run."""
