"""Who is asked to a meeting: the list that its roll is made of."""
