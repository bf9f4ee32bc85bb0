"""Numerical routines that parts and training share: norms, metrics, padding, recurrent layers, seeds."""
