"""People who hold a role in the company."""
