"""Moving SIM cards to another account, plan first."""
