"""Where a client fetches its tokens, and where others find what verifies them."""
