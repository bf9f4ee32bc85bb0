"""Controls made from the fields of parts."""
