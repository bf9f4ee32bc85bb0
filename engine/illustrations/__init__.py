"""Sketches: what one part does, by itself, as numbers for a small picture. Always made with the part's own code."""
