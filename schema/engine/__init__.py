"""Compiled execution for strawberry: documents prepared once, subtrees of plain fields compiled to one function; README.md tells how."""
