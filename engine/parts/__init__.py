"""Parts: a folder is a family, a file is a part."""
