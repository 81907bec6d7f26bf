"""The examples in the contract: each is tried, and answered as it says."""
