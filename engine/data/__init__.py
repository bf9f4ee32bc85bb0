"""From a data set to what training takes in: filled, split, preprocessed, augmented, in an order, with targets."""
