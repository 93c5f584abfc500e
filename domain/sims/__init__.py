"""SIM cards: inventory, placement, state, figures and secrets."""
