"""Usage records, as the network counted them."""
