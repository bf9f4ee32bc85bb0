"""What is found out about an experiment beside its runs: checks, cost, smaller numbers."""
