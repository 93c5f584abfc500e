"""The contract: GraphQL shapes and translation, nothing else."""
