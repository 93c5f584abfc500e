"""Groups of SIM cards and automatic payment, as a client sees them."""
