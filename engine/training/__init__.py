"""What one step of training is made of, and what watches it: executor, instruments, members, ends."""
