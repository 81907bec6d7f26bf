"""Tests that send each example of the contract and compare the response."""
