"""The fleet: one supervisor, a process for every run, and the client that speaks with them."""
