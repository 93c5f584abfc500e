"""The demo world and bulk generators, deterministic by seed number."""
