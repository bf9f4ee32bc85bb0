"""Numerical routines that parts and training share: norms, padding, recurrent layers, seeds."""
