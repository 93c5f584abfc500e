"""What the operator tells everybody: help articles, links, outages."""
