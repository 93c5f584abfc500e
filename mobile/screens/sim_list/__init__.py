"""The SIM list with search, filters, sort and bulk acts."""
