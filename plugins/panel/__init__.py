"""What the panels of all editors share: their state, their timing and their words. It knows no editor."""
