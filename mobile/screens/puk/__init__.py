"""The PUK: proof sheet and the curtain of 60 seconds."""
