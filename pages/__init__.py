"""The pages of the playground."""
