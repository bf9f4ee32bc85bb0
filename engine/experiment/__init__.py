"""The experiment: the document of all that a user chose, its edits, its short forms and the presets."""
