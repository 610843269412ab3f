"""A simulated Tamma on real embedded servers."""
