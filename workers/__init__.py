"""Everything that takes longer than a click."""
