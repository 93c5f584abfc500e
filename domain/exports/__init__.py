"""Lists as files: what somebody may see of an organization, row by row, made in the background."""
