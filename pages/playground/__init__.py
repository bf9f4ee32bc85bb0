"""The page Playground: choose on the left, watch on the right."""
