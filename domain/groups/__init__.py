"""Groups of SIM cards, who pays for them, and the standing instructions to do so by themselves."""
