"""Illustrations: what one part does, by itself, as numbers for a small picture. Made with the part's own code."""
