"""What is on sale, with prices and tax by effective date."""
