"""The store: SQLite tables, the one writer, any number of readers, and checkpoint files."""
