"""The first page: company, search, wallet, counts, accounts."""
