"""The engine: experiments, training, instruments, store and fleet, without any page."""
