"""Taking a run away: weights, programs, archives, event files."""
