"""The catalogue: what a part is, how its fields are declared, and how families and parts are found."""
