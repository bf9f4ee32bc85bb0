"""The runtime: one supervisor a store, a process for every run, and the client that speaks with them."""
