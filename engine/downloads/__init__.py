"""Downloads: the files of data sets, fetched once, verified, and parsed without pickle."""
