"""Bills of postpaid accounts on the wire."""
