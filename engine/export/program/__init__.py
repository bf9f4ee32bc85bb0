"""An experiment as a program of its own, in torch and numpy alone."""
