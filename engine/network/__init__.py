"""From an experiment's blocks to a torch network, and which of its tensors are weights."""
